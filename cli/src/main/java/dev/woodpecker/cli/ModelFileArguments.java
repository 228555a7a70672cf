package dev.woodpecker.cli;

import dev.woodpecker.cli.compare.RandomArrays;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.NpyFile;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.TensorProtoFile;
import dev.woodpecker.runtime.plan.file.PlanFileEntries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options of every command that runs a model: which, and on what inputs. */
final class ModelFileArguments {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Parameters(paramLabel = "MODEL", description = "The model: an ONNX file, or a plan file of wpk build.")
    private Path file = Path.of("");

    @Option(
            names = "--input",
            paramLabel = "NAME=FILE",
            description = "An input from a .pb file, as ONNX's test data has them, or a .npy file. Others are random.")
    private Map<String, Path> files = new LinkedHashMap<>();

    @Option(
            names = "--dim",
            paramLabel = "NAME=EXTENT",
            description = "The extent of a dimension that the model leaves open; 1 where nothing says otherwise.")
    private Map<String, Integer> dimensions = new LinkedHashMap<>();

    @Option(
            names = "--numerics",
            paramLabel = "MODE",
            description = "strict (sums in axis order) or fp32; on a GPU also tf32 (factors of products rounded to 10"
                    + " bits), fp16 and bf16 (weights and values between kernels of 16 bits, sums of 32). Default:"
                    + " ${DEFAULT-VALUE}.")
    private Numerics numerics = Numerics.FP32;

    @Option(names = "--seed", description = "Of the random inputs. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(
            names = "--trust",
            paramLabel = "DIGEST",
            description = "Lets the native code of the plan file of this digest be run, as wpk build printed it.")
    private List<String> digests = new ArrayList<>();

    @Option(
            names = "--trust-key",
            paramLabel = "KEY.pem",
            description = "Lets that of plan files be run that are signed for this Ed25519 public key.")
    private List<Path> keys = new ArrayList<>();

    @Mixin
    private TargetOption target = new TargetOption();

    @Mixin
    private VendorsOption vendors = new VendorsOption();

    @Mixin
    private RecordsOptions records = new RecordsOptions();

    Path file() {
        return file;
    }

    Numerics numerics() {
        return numerics;
    }

    /** The model, with {@code threads} of its own; 0 for those that all models share. */
    Model load(int threads) {
        Options options = target.in(Options.defaults().withThreads(threads), numerics);
        Options all = trusting(vendors.in(records.in(options)));
        try {
            all.checkTarget();
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(command.commandLine(), "--vendors: " + wrong.getMessage(), wrong);
        }
        return Model.load(file, all);
    }

    /** The ONNX file, for what cannot be had from a plan file. */
    Path onnxFile(String wanted) {
        if (PlanFileEntries.isPlanFile(file)) {
            throw new ParameterException(
                    command.commandLine(), wanted + " needs the ONNX model; " + file + " is a plan file");
        }
        return file;
    }

    private Options trusting(Options options) {
        Options trusting = options;
        for (String digest : digests) {
            try {
                trusting = trusting.trustPlan(digest);
            } catch (IllegalArgumentException wrong) {
                throw new ParameterException(command.commandLine(), "--trust: " + wrong.getMessage(), wrong);
            }
        }
        for (Path key : keys) {
            trusting = trusting.trustKey(PemKeys.publicKey(command.commandLine(), key));
        }
        return trusting;
    }

    /** All inputs of the model: from files, else random. */
    Map<String, NdArray> inputs(Model model) {
        return inputs(model, 0);
    }

    /** The same with other random elements, by the number {@code variant}. */
    Map<String, NdArray> inputs(Model model, int variant) {
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        Map<String, Integer> extents = extents(model);
        RandomArrays random = new RandomArrays(seed + variant);
        model.inputs().forEach((name, type) -> {
            Path given = files.get(name);
            inputs.put(name, given != null ? read(given) : random.next(type.element(), shape(type, extents)));
        });
        // A name that the model does not have is refused by the session, which lists those that it has.
        files.forEach((name, path) -> inputs.computeIfAbsent(name, _ -> read(path)));
        return inputs;
    }

    /** Extents of open dimensions: as asked for, else as a given file has them, else 1. */
    private Map<String, Integer> extents(Model model) {
        requireKnownDimensions(model);
        Map<String, Integer> extents = new LinkedHashMap<>();
        model.inputs().forEach((name, type) -> {
            Path given = files.get(name);
            if (given != null) {
                int[] shape = read(given).shape();
                for (int axis = 0; axis < Math.min(shape.length, type.shape().rank()); axis++) {
                    if (type.shape().dimensions().get(axis) instanceof Dimension.Symbolic(String symbol)) {
                        extents.put(symbol, shape[axis]);
                    }
                }
            }
        });
        extents.putAll(dimensions);
        return extents;
    }

    private void requireKnownDimensions(Model model) {
        Set<String> open = new TreeSet<>();
        model.inputs()
                .values()
                .forEach(type -> type.shape().dimensions().forEach(dimension -> {
                    if (dimension instanceof Dimension.Symbolic(String symbol)) {
                        open.add(symbol);
                    }
                }));
        dimensions.forEach((name, extent) -> {
            if (!open.contains(name)) {
                throw new ParameterException(
                        command.commandLine(),
                        "--dim " + name + ": the model has no such dimension; those that it leaves open: "
                                + (open.isEmpty() ? "none" : String.join(", ", open)));
            }
            if (extent < 0) {
                throw new ParameterException(command.commandLine(), "--dim " + name + "=" + extent + ": at least 0");
            }
        });
    }

    private static int[] shape(TensorType type, Map<String, Integer> extents) {
        return type.shape().dimensions().stream()
                .mapToInt(dimension -> switch (dimension) {
                    case Dimension.Known known -> known.extent();
                    case Dimension.Symbolic(String symbol) -> extents.getOrDefault(symbol, 1);
                })
                .toArray();
    }

    private static NdArray read(Path file) {
        return file.toString().endsWith(".npy") ? NpyFile.read(file) : TensorProtoFile.read(file);
    }
}
