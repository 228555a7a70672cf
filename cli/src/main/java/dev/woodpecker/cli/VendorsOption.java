package dev.woodpecker.cli;

import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Vendors;
import picocli.CommandLine.Option;

/** The option that says whether oneDNN's kernels may run. */
final class VendorsOption {
    @Option(
            names = "--vendors",
            paramLabel = "none|recorded|onednn|auto|only",
            description =
                    "Kernels of oneDNN, or on a GPU of cuDNN and cuBLASLt: none; recorded, those that a plan file says;"
                            + " auto (onednn on a processor), those that are faster than ours, timed when the plan is"
                            + " made; only, all that there are. Default: ${DEFAULT-VALUE}.",
            defaultValue = "recorded")
    private Vendors vendors = Vendors.RECORDED;

    Options in(Options options) {
        return options.withVendors(vendors);
    }
}
