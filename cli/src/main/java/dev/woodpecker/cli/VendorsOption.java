package dev.woodpecker.cli;

import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Vendors;
import picocli.CommandLine.Option;

/** The option that says whether oneDNN's kernels may run. */
final class VendorsOption {
    @Option(
            names = "--vendors",
            paramLabel = "none|recorded|onednn|only",
            description =
                    "Kernels of oneDNN: none; recorded, those that a plan file says; onednn, those that are faster than"
                            + " ours, timed when the plan is made; only, all that it has. Default: ${DEFAULT-VALUE}.",
            defaultValue = "recorded")
    private Vendors vendors = Vendors.RECORDED;

    Options in(Options options) {
        return options.withVendors(vendors);
    }
}
