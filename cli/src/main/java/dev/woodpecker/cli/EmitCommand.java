package dev.woodpecker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.woodpecker.cli.emit.Figures;
import dev.woodpecker.cli.emit.Section;
import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.lower.LoweringException;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelClassPath;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wpk emit}: what a kernel becomes, from its Java method to C or CUDA. */
@Command(
        name = "emit",
        description = "Prints what a kernel becomes: by default its C or CUDA source.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Example:",
            "  wpk emit Conv --shape x=1x64x56x56 --shape w=64x64x3x3 --attr strides=1,1 --attr pads=1,1,1,1"
                    + " --target cuda:sm_80"
        })
final class EmitCommand implements Callable<Integer> {
    private static final String ALL = "all";
    private static final String THIS_CPU = "cpu";

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Parameters(
            arity = "0..1",
            paramLabel = "KERNEL",
            description = "An operator (Conv), or a kernel's method (Convolution.conv2d).")
    private Optional<String> kernelName = Optional.empty();

    @Option(names = "--list", description = "List all kernels with their parameters instead.")
    private boolean list;

    @Option(
            names = "--shape",
            paramLabel = "NAME=SHAPE",
            description =
                    "An input's extents: x=1x64x56x56, s=scalar; another type than float behind a colon: x=2x3:i64;"
                            + " a list of inputs joined by +.")
    private List<String> shapes = new ArrayList<>();

    @Option(
            names = "--attr",
            paramLabel = "NAME=VALUE",
            description = "An attribute: axis=1, pads=1,1,1,1. Those left out have ONNX's defaults.")
    private List<String> attributes = new ArrayList<>();

    @Option(
            names = "--target",
            paramLabel = "TARGET",
            defaultValue = THIS_CPU,
            description = "cpu (this machine's, the default), or another: cpu:x86-64-v3, cuda:sm_80.")
    private String target = THIS_CPU;

    @Option(
            names = "--numerics",
            paramLabel = "MODE",
            description = "strict, or fp32 (the default); on CUDA also tf32, fp16 and bf16, for tensor cores.")
    private String numerics = Numerics.FP32.text();

    @Option(names = "--variant", paramLabel = "NAME", description = "One algorithm of an operator: direct, winograd4.")
    private Optional<String> variant = Optional.empty();

    @Option(
            names = "--results",
            paramLabel = "NAME",
            split = ",",
            description = "Only these results, joined by commas; by default those that every node of a model has.")
    private List<String> results = List.of();

    @Option(
            names = "--show",
            paramLabel = "FORM",
            split = ",",
            description = "spec, program, trace, loops, source (the default), or all, joined by commas.")
    private List<String> forms = List.of(Section.SOURCE.toString());

    @Option(names = "--trace", paramLabel = "FILE", description = "The schedule, as --show trace prints one.")
    private Optional<Path> trace = Optional.empty();

    @Option(names = "--class-path", paramLabel = "PATH", description = "Where more kernels are: jars and folders.")
    private Optional<String> classPath = Optional.empty();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Write there instead of to standard output.")
    private Optional<Path> output = Optional.empty();

    @Override
    public Integer call() throws IOException {
        try (URLClassLoader loader = usage(() -> KernelClassPath.loader(classPath.orElse("")))) {
            KernelIndex index = KernelIndex.of(loader);
            if (list) {
                write(listing(index));
                return 0;
            }
            List<CompiledKernel> kernels = kernels(index);
            Target machine = usage(this::target);
            Numerics mode = usage(() -> numerics(machine));
            KernelCall call =
                    usage(() -> KernelCall.of(kernels, pairs(), elements(mode)).withResults(results));
            write(text(call, source(call, machine, mode), usage(this::sections)));
            return 0;
        }
    }

    private KernelSource source(KernelCall call, Target machine, Numerics mode) throws IOException {
        if (trace.isEmpty()) {
            return KernelSource.of(call.program(), machine, mode);
        }
        String json = Files.readString(trace.get());
        try {
            return KernelSource.of(call.program(), TraceJson.parse(json), machine, mode);
        } catch (IllegalArgumentException | LoweringException misfit) {
            throw wrong("--trace " + trace.get() + ": " + misfit.getMessage());
        }
    }

    private Numerics numerics(Target machine) {
        Stream<Numerics> known = machine.isCuda()
                ? Stream.of(Numerics.STRICT, Numerics.FP32, Numerics.TF32, Numerics.FP16, Numerics.BF16)
                : Stream.of(Numerics.STRICT, Numerics.FP32);
        return known.filter(mode -> mode.text().equals(numerics))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("--numerics " + numerics
                        + ": generated code is strict or fp32, on CUDA also tf32, fp16 or bf16"));
    }

    /** The type of inputs of which nothing else is said. */
    private static DType elements(Numerics mode) {
        return switch (mode) {
            case FP16 -> DType.F16;
            case BF16 -> DType.BF16;
            case STRICT, FP32, TF32, INT8 -> DType.F32;
        };
    }

    private String text(KernelCall call, KernelSource source, List<Section> sections) {
        StringBuilder text = new StringBuilder();
        for (Section section : sections) {
            if (sections.size() > 1) {
                text.append(text.isEmpty() ? "" : "\n")
                        .append("// --- ")
                        .append(section.title())
                        .append("\n\n");
            }
            text.append(section.text(call, source));
            if (section == Section.SOURCE) {
                text.append('\n');
                Figures.of(source, Environment.ofProcess())
                        .forEach(line -> text.append("// ").append(line).append('\n'));
            }
        }
        return text.toString();
    }

    private List<CompiledKernel> kernels(KernelIndex index) {
        String name = kernelName.orElseThrow(
                () -> wrong("a kernel is missing: an operator or a method's name; wpk emit --list has all"));
        List<CompiledKernel> found = usage(() -> index.find(name));
        if (variant.isEmpty()) {
            return found;
        }
        List<CompiledKernel> chosen = found.stream()
                .filter(kernel -> kernel.spec().variant().equals(variant.get()))
                .toList();
        if (chosen.isEmpty()) {
            List<String> variants = found.stream()
                    .map(kernel -> kernel.spec().variant())
                    .filter(text -> !text.isEmpty())
                    .distinct()
                    .toList();
            throw wrong(name + " has no variant '" + variant.get() + "'"
                    + (variants.isEmpty() ? ", nor any other" : "; it has " + String.join(", ", variants)));
        }
        return chosen;
    }

    private static String listing(KernelIndex index) {
        StringBuilder text = new StringBuilder();
        for (CompiledKernel kernel : index.kernels()) {
            var spec = kernel.spec();
            List<String> parameters = spec.parameters().stream()
                    .map(p -> p.kind().text() + " " + p.name())
                    .toList();
            text.append(String.format(
                    Locale.ROOT,
                    "%-28s %s(%s)%n",
                    spec.operator() + (spec.variant().isEmpty() ? "" : " (" + spec.variant() + ")"),
                    spec.shortName().replaceAll("\\(.*", ""),
                    String.join(", ", parameters)));
        }
        return text.toString();
    }

    private List<String> pairs() {
        List<String> pairs = new ArrayList<>(shapes);
        pairs.addAll(attributes);
        return pairs;
    }

    private Target target() {
        return target.equals(THIS_CPU) ? CpuTarget.of(CpuFeatures.ofHost()) : Target.parse(target);
    }

    private List<Section> sections() {
        List<String> known =
                Arrays.stream(Section.values()).map(Section::toString).toList();
        List<Section> sections = new ArrayList<>();
        for (String form : forms) {
            if (form.equals(ALL)) {
                return List.of(Section.values());
            }
            if (!known.contains(form)) {
                throw new IllegalArgumentException(
                        "--show " + form + "; known: " + String.join(", ", known) + ", " + ALL);
            }
            sections.add(Section.valueOf(form.toUpperCase(Locale.ROOT)));
        }
        return sections;
    }

    private void write(String text) throws IOException {
        if (output.isPresent()) {
            Files.writeString(output.get(), text, UTF_8);
            return;
        }
        PrintWriter out = command.commandLine().getOut();
        out.print(text);
        out.flush();
    }

    /** A value that comes from the command line alone: an illegal one is wrong usage. */
    private <T> T usage(Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException illegal) {
            throw wrong(String.valueOf(illegal.getMessage()));
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
