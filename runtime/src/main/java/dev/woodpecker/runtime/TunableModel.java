package dev.woodpecker.runtime;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.Planner;
import dev.woodpecker.runtime.plan.Schedules;
import dev.woodpecker.runtime.plan.TunableKernel;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.kernel.CodeMaker;
import dev.woodpecker.runtime.plan.kernel.KernelLog;
import dev.woodpecker.runtime.plan.kernel.KernelStore;
import dev.woodpecker.runtime.plan.kernel.SourceDump;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What can be tuned of a model for inputs of given shapes.
 *
 * @param kernels each once, in the order in which the model first needs them
 * @param constantBytes of all weights
 * @param target what the model's kernels are generated for
 */
public record TunableModel(List<TunableKernel> kernels, long constantBytes, Target target, Numerics numerics) {
    public TunableModel {
        kernels = List.copyOf(kernels);
    }

    /**
     * The kernels of a model's file. Dimensions that the model leaves open and the options do not fix are 1; elements of
     * inputs that shapes depend on are 1 too.
     *
     * @throws ModelFormatException if the file is no sound ONNX model
     * @throws UnsupportedModelException listing every operator and attribute that is not supported
     */
    public static TunableModel of(Path file, Options options) {
        try (Model model = Model.load(file, options)) {
            return model.tunable(inputs(model.inputs(), options));
        }
    }

    /**
     * The same as a machine of this kind runs it, which need not be at hand: nothing is compiled.
     *
     * @param target a GPU
     */
    public static TunableModel of(Path file, Options options, Target target) {
        if (!target.isCuda()) {
            throw new IllegalArgumentException(target.name() + " is a processor; models are tuned for the one at hand");
        }
        KernelLibrary library = KernelLibrary.ofClassPath();
        Graph graph = Model.graph(file, library, options.numerics());
        Map<String, TensorType> types = new LinkedHashMap<>();
        graph.inputs().forEach(input -> graph.type(input).ifPresent(type -> types.put(input, type)));
        Map<String, NdArray> inputs = inputs(types, options);
        inputs.forEach((input, array) -> types.put(input, TensorType.of(array)));
        try (Arena arena = Arena.ofShared()) {
            Environment environment = options.environment();
            KernelStore store = new KernelStore(
                    CodeMaker.none(CacheDirectory.open(environment)),
                    target,
                    options.numerics(),
                    arena,
                    SourceDump.of(environment),
                    KernelLog.of(environment));
            Planner planner = new Planner(
                    file.toString(),
                    new KernelBinder(library),
                    store,
                    Schedules.DEFAULTS,
                    MemoryGuards.of(options),
                    Model.selector(options, WorkerPool.shared()));
            List<TunableKernel> kernels =
                    planner.tunableKernels(graph.withTypes(types), input -> Optional.ofNullable(inputs.get(input)));
            long bytes = graph.constants().values().stream()
                    .mapToLong(NdArray::bytes)
                    .sum();
            return new TunableModel(kernels, bytes, target, options.numerics());
        }
    }

    /** Inputs whose elements are 1, for whoever asks a model for what depends on shapes. */
    public static Map<String, NdArray> inputs(Model model, Options options) {
        return inputs(model.inputs(), options);
    }

    private static Map<String, NdArray> inputs(Map<String, TensorType> types, Options options) {
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        types.forEach((name, type) -> {
            int[] shape = type.shape().dimensions().stream()
                    .mapToInt(dimension -> switch (dimension) {
                        case Dimension.Known known -> known.extent();
                        case Dimension.Symbolic(String symbol) ->
                            options.dimensions().getOrDefault(symbol, 1);
                    })
                    .toArray();
            inputs.put(name, ones(type.element(), shape));
        });
        return inputs;
    }

    private static NdArray ones(DType type, int[] shape) {
        NdArray array = NdArray.allocate(type, shape);
        if (type.isInteger()) {
            for (int i = 0; i < array.elements(); i++) {
                array.set(i, 1L);
            }
        }
        return array;
    }
}
