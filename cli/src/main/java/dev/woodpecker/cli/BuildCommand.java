package dev.woodpecker.cli;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.PlanBuild;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wpk build}: makes a plan file, which runs where there is no compiler. */
@Command(
        name = "build",
        description = "Makes a plan file of a model: its kernels compiled, its weights as they want them.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "It runs where there is no compiler: wpk run FILE --trust DIGEST, or Model.load in Java. The same model,"
                    + " records and compiler give the same bytes."
        })
final class BuildCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "MODEL.onnx", description = "The model.")
    private Path file = Path.of("");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE.wpk",
            required = true,
            description = "The plan file to write.")
    private Path output = Path.of("");

    @Option(
            names = "--dim",
            paramLabel = "NAME=EXTENT[,...]",
            description =
                    "Extents of a dimension that the model leaves open: a plan for each, and for each combination of"
                            + " several dimensions. 1 where nothing is said.")
    private Map<String, String> dimensions = new LinkedHashMap<>();

    @Option(
            names = "--target",
            split = ",",
            paramLabel = "MACHINE",
            description =
                    "Processors to have kernels for: x86-64-v2, x86-64-v3, x86-64-v4, aarch64; for quantised models"
                        + " also x86-64-v3+avxvnni, x86-64-v4+avx512vnni; and GPUs: cuda:sm_75, cuda:sm_80,"
                        + " cuda:sm_90a. The best that runs is taken when the file is loaded. Default: this machine's"
                        + " level; of a quantised model, also that with this machine's instructions for bytes.")
    private List<String> targets = new ArrayList<>();

    @Option(
            names = "--threads",
            converter = ThreadCount.class,
            description =
                    "Of records, those measured with so many threads; 0 for one a core. Default: ${DEFAULT-VALUE}.")
    private int threads = 0;

    @Option(
            names = "--numerics",
            paramLabel = "MODE",
            description = "strict (sums in axis order) or fp32; of GPUs alone also tf32, fp16, bf16. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Numerics numerics = Numerics.FP32;

    @Option(
            names = "--sign",
            paramLabel = "KEY.pem",
            description = "Signs it by an Ed25519 private key: openssl genpkey -algorithm ed25519 makes one.")
    private Path[] key = {};

    @Mixin
    private VendorsOption vendors = new VendorsOption();

    @Mixin
    private RecordsOptions records = new RecordsOptions();

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Options options =
                vendors.in(records.in(Options.defaults().withThreads(threads).withNumerics(numerics)));
        PlanBuild build = PlanBuild.of(file, options)
                .forTargets(targets.toArray(String[]::new))
                .forShapes(shapes());
        if (key.length > 0) {
            build = build.signedWith(PemKeys.privateKey(spec.commandLine(), key[0]));
        }
        PlanBuild.Built built = build.write(output);
        out.printf(
                Locale.ROOT,
                "%s: %.1f MB, %s, %d plan%s of %d kernels%s%n",
                output,
                Files.size(output) * 1e-6,
                String.join(" and ", built.targets()),
                built.plans(),
                built.plans() == 1 ? "" : "s for each, the first",
                built.kernels(),
                key.length > 0 ? ", signed" : "");
        out.println("digest " + built.digest());
        return ExitCode.OK;
    }

    /** Every combination of the extents that are asked for. */
    private List<Map<String, Integer>> shapes() {
        List<Map<String, Integer>> shapes = new ArrayList<>(List.of(Map.of()));
        dimensions.forEach((name, extents) -> {
            List<Map<String, Integer>> longer = new ArrayList<>();
            for (Map<String, Integer> shape : shapes) {
                for (String extent : extents.split(",", -1)) {
                    Map<String, Integer> more = new LinkedHashMap<>(shape);
                    more.put(name, extent(name, extent));
                    longer.add(more);
                }
            }
            shapes.clear();
            shapes.addAll(longer);
        });
        return shapes;
    }

    private int extent(String name, String text) {
        if (!text.matches("[0-9]{1,9}")) {
            throw new ParameterException(
                    spec.commandLine(), "--dim " + name + ": '" + text + "' is no extent; write " + name + "=1,8");
        }
        return Integer.parseInt(text);
    }
}
