package dev.woodpecker.tuner;

import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.TunableModel;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelClassPath;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.plan.cuda.CudaChoice;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.plan.program.SameNames;
import dev.woodpecker.runtime.plan.program.StageSplit;
import dev.woodpecker.runtime.records.MachineName;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.CudaReadiness;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
            description = "cpu (this machine's, the default), or another: cpu:x86-64-v3; cuda, cuda:1 (a GPU of this"
                    + " machine), cuda:sm_90a (one that need not be at hand), cuda:emulated.")
    private String target = THIS_CPU;

    /** The device once it is open. */
    private final List<CudaDevice> opened = new ArrayList<>();

    @Option(
            names = "--numerics",
            paramLabel = "MODE",
            description = "strict, or fp32 (the default); on CUDA also tf32, fp16, bf16.")
    private String numerics = Numerics.FP32.text();

    @Option(
            names = "--dim",
            paramLabel = "NAME=EXTENT",
            description = "The extent of a dimension that a model leaves open; 1 where nothing is said.")
    private Map<String, Integer> dimensions = new LinkedHashMap<>();

    /** What to tune. */
    public List<TuningTask> tasks() throws IOException {
        if (isModel()) {
            return modelTasks();
        }
        try (URLClassLoader loader = usage(() -> KernelClassPath.loader(classPath.orElse("")))) {
            KernelIndex index = KernelIndex.of(loader);
            return List.of(usage(() -> kernelTask(index.find(subject))));
        }
    }

    /** What the command is about, for people. */
    public String subject() {
        return subject;
    }

    private boolean isModel() {
        return subject.endsWith(".onnx") || Files.isRegularFile(Path.of(subject));
    }

    private List<TuningTask> modelTasks() {
        if (!shapes.isEmpty() || !attributes.isEmpty() || !constants.isEmpty() || classPath.isPresent()) {
            throw wrong("--shape, --attr, --constant and --class-path describe a kernel, not the model " + subject);
        }
        Options options = Options.defaults().withNumerics(numerics());
        for (Map.Entry<String, Integer> dimension : dimensions.entrySet()) {
            options = options.withDimension(dimension.getKey(), dimension.getValue());
        }
        Target machine = target();
        TunableModel model = machine.isCuda()
                ? TunableModel.of(Path.of(subject), options, machine)
                : TunableModel.of(Path.of(subject), options);
        boolean cold = model.constantBytes() > CpuFeatures.ofHost().caches().lastLevelBytes();
        return TuningTask.of(model, machine, cold);
    }

    private TuningTask kernelTask(List<CompiledKernel> candidates) {
        if (!dimensions.isEmpty()) {
            throw wrong("--dim describes a model, not the kernel " + subject);
        }
        List<String> pairs = Stream.concat(shapes.stream(), attributes.stream()).toList();
        KernelCall first = KernelCall.of(candidates, pairs);
        checkConstants(first.program());
        List<Variant> variants = new ArrayList<>();
        for (CompiledKernel candidate : candidates) {
            if (candidate.spec().operator().equals(first.spec().operator())) {
                program(candidate, pairs)
                        .flatMap(program -> SameNames.as(first.program(), program))
                        .ifPresent(program -> variants.add(variant(candidate, program)));
            }
        }
        Target machine = target();
        Numerics mode = numerics();
        Map<String, LayoutMap> layouts =
                new HashMap<>(DefaultSchedule.preferredLayouts(first.program(), machine, mode));
        layouts.keySet().removeAll(constants);
        return new TuningTask(
                String.join(
                        " ", Stream.concat(Stream.of(subject), pairs.stream()).toList()),
                first.spec().operator(),
                variants,
                machine,
                mode,
                layouts,
                Set.copyOf(constants),
                1,
                false);
    }

    private void checkConstants(TensorProgram program) {
        List<String> inputs =
                program.inputs().stream().map(TensorProgram.Declaration::name).toList();
        for (String constant : constants) {
            if (!inputs.contains(constant)) {
                throw wrong("--constant " + constant + ": inputs are " + String.join(", ", inputs));
            }
        }
    }

    /** Nothing for another overload, or a variant that requires another shape. */
    private static Optional<TensorProgram> program(CompiledKernel kernel, List<String> pairs) {
        try {
            return Optional.of(KernelCall.of(List.of(kernel), pairs).program());
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** What depends on weights alone is no part of what runs each time. */
    private Variant variant(CompiledKernel kernel, TensorProgram program) {
        String method = kernel.spec().shortName().replaceAll("\\(.*", "");
        String name = kernel.spec().variant().isEmpty() ? method : kernel.spec().variant();
        return StageSplit.of(program, Set.copyOf(constants))
                .map(split -> new Variant(name, split.second(), Optional.of(split.first())))
                .orElseGet(() -> new Variant(name, program));
    }

    /** The machine that kernels are for. */
    public Target target() {
        if (target.equals(THIS_CPU)) {
            return CpuTarget.of(CpuFeatures.ofHost());
        }
        return device().map(CudaDevice::target)
                .orElseGet(() -> usage(() -> Target.parse(target.contains(":") ? target : "cpu:" + target)));
    }

    /** What times are of, as records name it. */
    public String machine() {
        return device().map(gpu -> MachineName.of(gpu.target(), gpu.facts()))
                .orElseGet(() -> MachineName.of(target(), CpuFeatures.ofHost()));
    }

    /** The GPU that the target asks for, if it asks for one. */
    public Optional<CudaChoice> gpu() {
        return CudaChoice.isCuda(target) ? Optional.of(usage(() -> CudaChoice.parse(target))) : Optional.empty();
    }

    /**
     * The GPU that the target asks for. One that is asked for by its architecture alone need not be there.
     *
     * @throws CudaException if one that is asked for as a device is not there
     */
    public Optional<CudaDevice> device() {
        if (opened.isEmpty()) {
            gpu().flatMap(this::open).ifPresent(opened::add);
        }
        return opened.stream().findFirst();
    }

    private Optional<CudaDevice> open(CudaChoice choice) {
        boolean mayLack = choice.architecture().isPresent();
        if (mayLack && CudaReadiness.ofProcess() instanceof CudaReadiness.Lacking) {
            return Optional.empty();
        }
        try {
            return Optional.of(CudaDevice.open(choice, Environment.ofProcess()));
        } catch (CudaException isNone) {
            if (mayLack) {
                return Optional.empty();
            }
            throw CudaException.missing(isNone.getMessage()
                    + ". To look at schedules for a GPU that is not at hand name its architecture: --target"
                    + " cuda:sm_90a");
        }
    }

    public Numerics numerics() {
        boolean isCuda = target().isCuda();
        return Stream.of(Numerics.values())
                .filter(mode -> mode.text().equals(numerics) && mode != Numerics.INT8 && (isCuda || !mode.needsGpu()))
                .findFirst()
                .orElseThrow(() -> wrong("--numerics " + numerics + " for " + target().name()
                        + ": generated code is strict or fp32, on CUDA also tf32, fp16 or bf16"));
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
