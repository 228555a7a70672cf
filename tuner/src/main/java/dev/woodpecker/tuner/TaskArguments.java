package dev.woodpecker.tuner;

import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options that say which kernels a command is about, and for what machine. */
public final class TaskArguments {
    private static final String THIS_CPU = "cpu";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Parameters(
            paramLabel = "MODEL.onnx|KERNEL",
            description = "A model's file, or an operator (Conv) or a kernel's method (Convolution.conv2d).")
    private String subject = "";

    @Option(
            names = "--shape",
            paramLabel = "NAME=SHAPE",
            description = "Of a kernel's input: x=1x64x56x56; another type than float behind a colon: x=2x3:i64.")
    private List<String> shapes = new ArrayList<>();

    @Option(
            names = "--attr",
            paramLabel = "NAME=VALUE",
            description = "A kernel's attribute: axis=1, pads=1,1,1,1. Those left out have ONNX's defaults.")
    private List<String> attributes = new ArrayList<>();

    @Option(
            names = "--constant",
            paramLabel = "NAME",
            split = ",",
            description = "A kernel's inputs that are weights: their layout is tuned too.")
    private List<String> constants = new ArrayList<>();

    @Option(names = "--class-path", paramLabel = "PATH", description = "Where more kernels are: jars and folders.")
    private Optional<String> classPath = Optional.empty();

    @Option(
            names = "--target",
            paramLabel = "TARGET",
            description = "cpu (this machine's, the default), or another: cpu:x86-64-v3, cuda:sm_90a.")
    private String target = THIS_CPU;

    @Option(names = "--numerics", paramLabel = "MODE", description = "strict, or fp32 (the default).")
    private String numerics = Numerics.FP32.text();

    /** What to tune. */
    public List<TuningTask> tasks() throws java.io.IOException {
        try (URLClassLoader loader = loader()) {
            KernelIndex index = KernelIndex.of(loader);
            return List.of(usage(() -> task(index.find(subject))));
        }
    }

    private TuningTask task(List<CompiledKernel> candidates) {
        List<String> pairs = Stream.concat(shapes.stream(), attributes.stream()).toList();
        KernelCall first = KernelCall.of(candidates, pairs);
        List<Variant> variants = new ArrayList<>();
        for (CompiledKernel candidate : candidates) {
            if (!candidate.spec().operator().equals(first.spec().operator())) {
                continue;
            }
            try {
                TensorProgram program = KernelCall.of(List.of(candidate), pairs).program();
                String name = candidate.spec().variant();
                variants.add(new Variant(name.isEmpty() ? candidate.spec().shortName() : name, program));
            } catch (IllegalArgumentException doesNotFit) {
                // Another overload, or a variant that requires another shape.
                continue;
            }
        }
        Target machine = target();
        Numerics mode = numerics();
        Map<String, LayoutMap> layouts =
                DefaultSchedule.preferredLayouts(variants.getFirst().program(), machine, mode);
        Set<String> weights = new TreeSet<>(constants);
        return new TuningTask(
                subject + " " + String.join(" ", pairs),
                first.spec().operator(),
                variants,
                machine,
                mode,
                layouts,
                weights,
                1,
                false);
    }

    /** The machine that kernels are for. */
    public Target target() {
        if (target.equals(THIS_CPU)) {
            return CpuTarget.of(CpuFeatures.ofHost());
        }
        return usage(() -> Target.parse(target.contains(":") ? target : "cpu:" + target));
    }

    public Numerics numerics() {
        return Stream.of(Numerics.STRICT, Numerics.FP32)
                .filter(mode -> mode.text().equals(numerics))
                .findFirst()
                .orElseThrow(() -> wrong("--numerics " + numerics + ": generated code is strict or fp32"));
    }

    private URLClassLoader loader() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        for (String entry : classPath.orElse("").split(File.pathSeparator)) {
            if (!entry.isEmpty()) {
                Path path = Path.of(entry);
                if (!Files.exists(path)) {
                    throw wrong("--class-path: there is no " + path);
                }
                urls.add(path.toUri().toURL());
            }
        }
        return new URLClassLoader(urls.toArray(URL[]::new), TaskArguments.class.getClassLoader());
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
