package dev.woodpecker.runtime;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.device.cpu.NativeCalls;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.graph.DimensionBinding;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxImporter;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.Planner;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.binding.LibrarySupport;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.plan.file.PlanContent;
import dev.woodpecker.runtime.plan.file.PlanFileWriter;
import dev.woodpecker.runtime.plan.inference.InferredGraph;
import dev.woodpecker.runtime.plan.kernel.CodeMaker;
import dev.woodpecker.runtime.plan.kernel.KernelLog;
import dev.woodpecker.runtime.plan.kernel.KernelStore;
import dev.woodpecker.runtime.plan.kernel.SourceDump;
import dev.woodpecker.runtime.records.MachineName;
import dev.woodpecker.runtime.records.RecordedSchedules;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes a plan file of a model: all that is decided when a model is loaded and first run, with the kernels compiled and the
 * weights as these want them. It loads where there is no compiler.
 *
 * {@snippet :
 * var built = PlanBuild.of(Path.of("resnet50.onnx"), Options.defaults())
 *         .forTargets("x86-64-v3", "x86-64-v4")
 *         .write(Path.of("resnet50.wpk"));
 * try (var model = Model.load(Path.of("resnet50.wpk"), Options.defaults().trustPlan(built.digest()))) { ... }
 * }
 *
 * @param targets processors, as {@code x86-64-v3}, and GPUs, as {@code cuda:sm_90a}; empty for this machine's processor
 * @param shapes extents of the symbolic dimensions, by name: a plan for each. Others are 1
 * @param key to sign with
 */
public record PlanBuild(
        Path model,
        Options options,
        List<String> targets,
        List<Map<String, Integer>> shapes,
        Optional<PrivateKey> key) {
    private static final Set<String> OF_BYTES =
            Set.of("ConvInteger", "DequantizeLinear", "MatMulInteger", "QLinearConv", "QLinearMatMul");

    private static final String GPUS = "cuda:sm_75, cuda:sm_80, cuda:sm_90a";

    public PlanBuild {
        targets = List.copyOf(targets);
        shapes = shapes.stream()
                .map(extents -> Collections.unmodifiableMap(new LinkedHashMap<>(extents)))
                .toList();
    }

    /**
     * What was written.
     *
     * @param digest to trust the file by
     * @param targets that it has kernels for
     * @param plans how many for each target
     * @param kernels how many runs of kernels the first plan has
     */
    public record Built(String digest, List<String> targets, int plans, int kernels) {
        public Built {
            targets = List.copyOf(targets);
        }
    }

    /** A plan for this machine, symbolic dimensions that the options do not fix being 1. */
    public static PlanBuild of(Path model, Options options) {
        return new PlanBuild(model, options, List.of(), List.of(Map.of()), Optional.empty());
    }

    /** For these processors and GPUs; which of them it runs on is seen when the file is loaded. */
    public PlanBuild forTargets(String... architectures) {
        return new PlanBuild(model, options, List.of(architectures), shapes, key);
    }

    /** A plan for each of these extents of the symbolic dimensions. */
    public PlanBuild forShapes(List<Map<String, Integer>> extents) {
        return new PlanBuild(model, options, targets, extents, key);
    }

    /** Signs it by an Ed25519 key, for those who trust its public key. */
    public PlanBuild signedWith(PrivateKey signingKey) {
        return new PlanBuild(model, options, targets, shapes, Optional.of(signingKey));
    }

    /**
     * Builds the plan and writes it.
     *
     * @throws PlanFileException if it cannot be built: shapes depend on elements, or a target is not known
     * @throws ModelFormatException if the model is no sound ONNX model
     * @throws UnsupportedModelException listing every node that no kernel can serve
     * @throws dev.woodpecker.runtime.toolchain.ToolchainException if there is no C compiler
     * @throws java.io.UncheckedIOException if a file cannot be read or written
     */
    public Built write(Path file) {
        return write(file, target -> CudaDevice.codeMaker(target, options.environment()));
    }

    /**
     * @param gpuCode what makes code for a GPU
     */
    Built write(Path file, Function<Target, CodeMaker> gpuCode) {
        checkNumerics(file);
        KernelLibrary library = KernelLibrary.ofClassPath();
        Graph graph = graph(library);
        KernelCompiler compiler = KernelCompiler.of(options.environment());
        Optional<WorkerPool> ownPool = Model.ownPool(options);
        try (Arena arena = Arena.ofShared()) {
            WorkerPool pool = ownPool.orElseGet(WorkerPool::shared);
            Workshop workshop = new Workshop(graph, new KernelBinder(library), compiler, pool, arena);
            List<PlanContent.ForTarget> made = new ArrayList<>();
            for (CpuFeatures processor : processors(file, compiler.cpu(), graph)) {
                made.add(workshop.build(processor));
            }
            gpus().forEach(target -> made.add(workshop.build(target, gpuCode.apply(target))));
            Map<String, TensorType> inputs = new LinkedHashMap<>();
            graph.inputs().forEach(input -> graph.type(input).ifPresent(type -> inputs.put(input, type)));
            PlanContent content = new PlanContent(
                    String.valueOf(model.getFileName()), options.numerics(), inputs, graph.outputs(), made);
            String digest = PlanFileWriter.write(content, key, file);
            return new Built(
                    digest,
                    made.stream().map(PlanContent.ForTarget::name).toList(),
                    shapes.size(),
                    made.getFirst().plans().getFirst().invocations().size());
        } finally {
            ownPool.ifPresent(WorkerPool::close);
        }
    }

    private static boolean isGpu(String target) {
        return Target.find(target).filter(Target::isCuda).isPresent();
    }

    private List<Target> gpus() {
        return targets.stream()
                .filter(PlanBuild::isGpu)
                .distinct()
                .map(Target::parse)
                .toList();
    }

    private void checkNumerics(Path file) {
        boolean onGpusAlone = !targets.isEmpty() && targets.stream().allMatch(PlanBuild::isGpu);
        if (options.numerics().needsGpu() && !onGpusAlone) {
            throw new PlanFileException(
                    file.toString(),
                    PlanFileException.Reason.NOT_BUILT,
                    "numerics " + options.numerics().text() + " are for GPUs alone: choose targets among " + GPUS
                            + ", or the numerics strict or fp32");
        }
    }

    /** A GPU's kernels are those of a model that is loaded there, half floats widened first. */
    private Graph graph(KernelLibrary library) {
        return gpus().isEmpty()
                ? OnnxImporter.read(model, new LibrarySupport(library))
                : Model.graph(model, library, options.numerics());
    }

    /**
     * Those asked for, or this machine's level alone: most processors of it can then run the file. Where bytes are multiplied,
     * what this machine has for that is another one, for it is four times as fast.
     */
    private List<CpuFeatures> processors(Path file, CpuFeatures cpu, Graph graph) {
        List<String> names = new ArrayList<>(targets);
        names.removeIf(PlanBuild::isGpu);
        if (targets.isEmpty()) {
            names.add(cpu.isAarch64() ? cpu.architecture() : cpu.level().architecture());
            boolean bytes = graph.nodes().stream()
                    .anyMatch(node -> node.operator().isOnnx()
                            && OF_BYTES.contains(node.operator().name()));
            if (bytes) {
                names.add(cpu.architectureForBytes());
            }
        }
        return names.stream().distinct().map(name -> processor(file, name, cpu)).toList();
    }

    private static CpuFeatures processor(Path file, String name, CpuFeatures cpu) {
        return cpu.as(name)
                .filter(processor -> Target.find(CpuTarget.name(processor)).isPresent())
                .orElseThrow(() -> new PlanFileException(
                        file.toString(),
                        PlanFileException.Reason.NOT_BUILT,
                        "there is no target '" + name + "' for plan files; there are x86-64-v2, x86-64-v3, x86-64-v4,"
                                + " aarch64, with more instructions x86-64-v3+avxvnni and"
                                + " x86-64-v4+avx512vnni, and of GPUs "
                                + GPUS));
    }

    /** Makes plans, the constants of which are computed on this machine whatever machine the kernels are for. */
    private final class Workshop {
        private final Graph graph;
        private final KernelBinder binder;
        private final KernelCompiler compiler;
        private final Arena arena;
        private final KernelStore constantStore;
        private final WorkerPool pool;

        Workshop(Graph graph, KernelBinder binder, KernelCompiler compiler, WorkerPool pool, Arena arena) {
            this.pool = pool;
            this.graph = graph;
            this.binder = binder;
            this.compiler = compiler;
            this.arena = arena;
            this.constantStore = store(compiler, CpuTarget.of(compiler.cpu()));
        }

        private KernelStore store(KernelCompiler storeCompiler, Target target) {
            Environment environment = options.environment();
            return new KernelStore(
                    storeCompiler,
                    target,
                    options.numerics().mayReassociate() ? Numerics.FP32 : Numerics.STRICT,
                    arena,
                    SourceDump.of(environment),
                    KernelLog.of(environment));
        }

        PlanContent.ForTarget build(CpuFeatures processor) {
            // Of other processors the sizes of caches are not known.
            Target target = CpuTarget.name(processor).equals(CpuTarget.name(compiler.cpu()))
                    ? CpuTarget.of(processor)
                    : Target.parse(CpuTarget.name(processor));
            KernelCompiler reproducible = compiler.reproducibleFor(processor);
            KernelStore store = store(reproducible, target);
            Planner planner = new Planner(
                    model.toString(),
                    binder,
                    store,
                    constantStore,
                    new RecordedSchedules(
                            options.tuningRecords(),
                            options.numerics(),
                            MachineName.of(target, processor),
                            pool.size()),
                    MemoryGuards.of(options),
                    Model.selector(options, pool));
            List<CompiledPlan> plans =
                    shapes.stream().map(extents -> plan(planner, extents)).toList();
            Path calls = reproducible.compile(NativeCalls.source()).file();
            return new PlanContent.ForTarget(
                    "cpu:" + processor.architecture(), processor.flags(), Optional.of(calls), plans);
        }

        /**
         * For a GPU that need not be there: what libraries may compute stands beside the generated kernels, and where the plan
         * is loaded it is seen whether they are there, and faster.
         */
        PlanContent.ForTarget build(Target target, CodeMaker code) {
            Environment environment = options.environment();
            KernelStore store = new KernelStore(
                    code, target, options.numerics(), arena, SourceDump.of(environment), KernelLog.of(environment));
            Planner planner = new Planner(
                    model.toString(),
                    binder,
                    store,
                    constantStore,
                    new RecordedSchedules(
                            options.tuningRecords(),
                            options.numerics(),
                            MachineName.of(target, compiler.cpu()),
                            pool.size()),
                    MemoryGuards.of(options),
                    Model.selector(options, pool));
            List<CompiledPlan> plans =
                    shapes.stream().map(extents -> plan(planner, extents)).toList();
            return new PlanContent.ForTarget(target.name(), Set.of(), Optional.empty(), plans);
        }

        private CompiledPlan plan(Planner planner, Map<String, Integer> extents) {
            Map<String, Integer> all = new HashMap<>();
            DimensionBinding.symbols(graph).forEach(symbol -> all.put(symbol, 1));
            all.putAll(options.dimensions());
            all.putAll(extents);
            Graph bound = DimensionBinding.bind(graph, all, Map.of());
            Map<String, TensorType> types = new LinkedHashMap<>();
            bound.inputs().forEach(input -> bound.type(input).ifPresent(type -> types.put(input, type)));
            Planner.Compiled compiled = planner.compile(graph.withTypes(types), _ -> Optional.empty(), arena);
            compiled.rest().ifPresent(rest -> {
                throw new PlanFileException(model.toString(), PlanFileException.Reason.NOT_BUILT, whyNot(rest));
            });
            return compiled.plan();
        }

        private static String whyNot(InferredGraph.Rest rest) {
            Node node = rest.hostNode().orElseGet(() -> rest.graph().nodes().getFirst());
            return node.place() + " (" + node.operator() + ") "
                    + (rest.hostNode().isPresent()
                            ? "gives a result whose size depends on elements"
                            : "depends on elements that are known only when the model runs")
                    + ", and what comes after it cannot be planned before: a plan file cannot be built. Load the model"
                    + " itself";
        }
    }
}
