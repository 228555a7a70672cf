package dev.woodpecker.runtime;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.pass.WidenHalfFloats;
import dev.woodpecker.runtime.onnx.OnnxImporter;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.MemoryGuard;
import dev.woodpecker.runtime.plan.PlanSource;
import dev.woodpecker.runtime.plan.Planner;
import dev.woodpecker.runtime.plan.Schedules;
import dev.woodpecker.runtime.plan.Selector;
import dev.woodpecker.runtime.plan.TunableKernel;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.binding.LibrarySupport;
import dev.woodpecker.runtime.plan.cuda.CudaChoice;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.plan.cuda.CudaPlanner;
import dev.woodpecker.runtime.plan.file.PlanFileEntries;
import dev.woodpecker.runtime.plan.file.StoredPlans;
import dev.woodpecker.runtime.plan.kernel.KernelLog;
import dev.woodpecker.runtime.plan.kernel.KernelStore;
import dev.woodpecker.runtime.plan.kernel.SourceDump;
import dev.woodpecker.runtime.records.MachineName;
import dev.woodpecker.runtime.records.RecordedSchedules;
import dev.woodpecker.runtime.session.LeasedArena;
import dev.woodpecker.runtime.session.PlanCache;
import dev.woodpecker.runtime.timing.MachinePeak;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.Source;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;

/**
 * A neural network, ready to be run. Immutable and safe for use by several threads, each with a session of its own.
 *
 * {@snippet :
 * try (var model = Model.load(Path.of("resnet50.onnx"), Options.defaults());
 *         var session = model.newSession()) {
 *     Map<String, NdArray> out = session.run(Map.of("data", image));
 * }
 * }
 */
public final class Model implements AutoCloseable {
    /** Shapes of inputs, and parts of models whose shapes depend on elements, that plans are kept for. */
    private static final int PLANS = 32;

    private final String name;
    private final Graph graph;
    private final Options options;
    private final LeasedArena code;
    private final PlanCache plans;
    private final Optional<WorkerPool> ownPool;
    private final Optional<Generation> generation;
    private final KernelLog log;
    /** The GPU that it runs on, if it does not run on the processor. */
    private final Optional<CudaDevice> device;

    private final CompletableFuture<Void> freed = new CompletableFuture<>();

    /** What makes kernels; a model of a plan file needs none of it. */
    private record Generation(Planner planner, KernelCompiler compiler, Target target) {}

    private Model(
            String name,
            Graph graph,
            Options options,
            KernelBinder binder,
            Optional<CudaDevice> device,
            LoadingTools tools) {
        this.name = name;
        this.device = device;
        this.graph = graph;
        this.options = options;
        this.code = new LeasedArena(this::free);
        Environment environment = options.environment();
        this.log = KernelLog.of(environment);
        KernelCompiler compiler = device.map(_ -> tools.compiler().portable()).orElseGet(tools::compiler);
        this.ownPool = ownPool(options);
        KernelStore ofProcessor = new KernelStore(
                compiler,
                CpuTarget.of(compiler.cpu()),
                options.numerics().mayReassociate() ? Numerics.FP32 : Numerics.STRICT,
                code.arena(),
                SourceDump.of(environment),
                log);
        KernelStore store = device.map(gpu -> new KernelStore(
                        gpu.code(), gpu.target(), options.numerics(), code.arena(), SourceDump.of(environment), log))
                .orElse(ofProcessor);
        Schedules schedules = new RecordedSchedules(
                tools.records(),
                options.numerics(),
                device.map(gpu -> MachineName.of(gpu.target(), gpu.facts()))
                        .orElseGet(() -> MachineName.of(store.target(), compiler.cpu())),
                device.isPresent() ? MachineName.GPU_THREADS : pool().size());
        MemoryGuard guard =
                device.map(gpu -> MemoryGuards.of(options, gpu.facts())).orElseGet(() -> MemoryGuards.of(options));
        Planner planner = new Planner(name, binder, store, ofProcessor, schedules, guard, selector(options, pool()));
        PlanSource source = device.<PlanSource>map(
                        gpu -> new CudaPlanner(planner, gpu, code.arena(), vendors(options), options.numerics()))
                .orElse(planner);
        this.plans = new PlanCache(source, PLANS);
        this.generation = Optional.of(new Generation(planner, compiler, store.target()));
    }

    /** A model of a plan file, whose memory is that of the arena. */
    private Model(
            String name,
            StoredPlans stored,
            Options options,
            Optional<WorkerPool> ownPool,
            Optional<CudaDevice> device,
            Arena arena) {
        this.name = name;
        this.device = device;
        this.graph = stored.graph();
        this.options = options;
        this.code = new LeasedArena(() -> {
            arena.close();
            free();
        });
        this.plans = new PlanCache(stored, PLANS);
        this.ownPool = ownPool;
        this.generation = Optional.empty();
        this.log = KernelLog.of(options.environment());
    }

    /**
     * @param device empty for the processor
     */
    static Model ofPlanFile(Path file, Options options, Optional<CudaDevice> device) {
        Arena arena = Arena.ofShared();
        try {
            CacheDirectory cache = CacheDirectory.open(options.environment());
            Optional<WorkerPool> ownPool = ownPool(options);
            Selector selector = selector(options, ownPool.isPresent() ? ownPool.get() : WorkerPool.shared());
            StoredPlans stored = device.isPresent()
                    ? StoredPlans.open(file, options.trust(), device.get(), cache, vendors(options), arena)
                    : StoredPlans.open(file, options.trust(), CpuFeatures.ofHost(), cache, selector, arena);
            stored.refuseUnless(options.numerics());
            MemoryGuard guard =
                    device.isPresent() ? MemoryGuards.of(options, device.get().facts()) : MemoryGuards.of(options);
            for (CompiledPlan plan : stored.plans()) {
                guard.check("the values between the model's kernels", plan.arenaBytes());
            }
            return new Model(file.toString(), stored, options, ownPool, device, arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** What decides about vendors' kernels; their library is loaded when one is first wanted. */
    static Selector selector(Options options, WorkerPool pool) {
        return new Selector(vendors(options), () -> OneDnn.find(CacheDirectory.open(options.environment())), pool);
    }

    /** Libraries have another order of sums. */
    private static Vendors vendors(Options options) {
        return options.numerics().mayReassociate() ? options.vendors() : Vendors.NONE;
    }

    static Optional<WorkerPool> ownPool(Options options) {
        return options.threads() == 0 ? Optional.empty() : Optional.of(new WorkerPool(options.threads()));
    }

    /**
     * Reads a model file. Kernels of an ONNX model are compiled when a session first runs with inputs of a shape; a plan
     * file, as {@link PlanBuild} writes it, has them compiled, for the shapes that it was built for.
     *
     * @throws ModelFormatException if the file is no sound ONNX model
     * @throws PlanFileException if the file is a plan file that is damaged, not trusted, or not for this machine
     * @throws UnsupportedModelException listing every operator and attribute that is not supported
     * @throws dev.woodpecker.runtime.toolchain.ToolchainException if there is no C compiler
     * @throws dev.woodpecker.runtime.device.cuda.driver.CudaException if the options ask for a GPU and it cannot be had, with
     *     what is missing and what to do about it
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    public static Model load(Path file, Options options) {
        options.checkTarget();
        if (PlanFileEntries.isPlanFile(file)) {
            Optional<CudaDevice> device = options.target()
                    .map(target -> CudaDevice.openForMadeCode(CudaChoice.parse(target), options.environment()));
            return ofPlanFile(file, options, device);
        }
        // Before a large model is read: without a device it is of no use.
        return load(file, options, device(options));
    }

    /** The same on a device that is open. */
    static Model load(Path file, Options options, Optional<CudaDevice> device) {
        LoadingTools.Search tools = LoadingTools.search(options);
        KernelLibrary library = KernelLibrary.ofClassPath();
        Graph graph = graph(file, library, options.numerics());
        return new Model(file.toString(), graph, options, new KernelBinder(library), device, tools.found());
    }

    static Graph graph(Path file, KernelLibrary library, Numerics numerics) {
        Graph read = OnnxImporter.read(file, new LibrarySupport(library));
        return numerics.mayReassociate() ? WidenHalfFloats.apply(read) : read;
    }

    /**
     * A model of one operator: calls a kernel by itself.
     *
     * {@snippet :
     * try (var gate = Model.ofOperator("com.acme::Gate", Map.of(), Options.defaults());
     *         var session = gate.newSession()) {
     *     NdArray y = session.run(Map.of("x", x)).get("out");
     * }
     * }
     *
     * @param operator as {@code @Kernel} names it; its kernel's parameters that are not {@code @Absent} name the inputs
     * @throws IllegalArgumentException if the class path has no kernel for it
     */
    public static Model ofOperator(String operator, Map<String, Attribute> attributes, Options options) {
        options.checkTarget();
        KernelLibrary library = KernelLibrary.ofClassPath();
        Graph graph = OneOperator.graph(library, operator, attributes);
        LoadingTools tools = LoadingTools.search(options).found();
        return new Model(operator, graph, options, new KernelBinder(library), device(options), tools);
    }

    private static Optional<CudaDevice> device(Options options) {
        return options.target().map(target -> CudaDevice.open(CudaChoice.parse(target), options.environment()));
    }

    /**
     * A session with memory of its own.
     *
     * @throws IllegalStateException when the model is closed
     */
    public Session newSession() {
        return new Session(this, code.lease());
    }

    /**
     * Makes what runs with inputs of these shapes need, so that the first of them is as fast as the others; weights are
     * packed and kernels compiled here.
     *
     * @param shapes as for {@link Session#warmUp}
     */
    public void warmUp(Map<String, int[]> shapes) {
        try (Session session = newSession()) {
            session.warmUp(shapes);
        }
    }

    /** What a run is given, by name in the model's order; dimensions that the inputs of a run decide are symbolic. */
    public Map<String, TensorType> inputs() {
        Map<String, TensorType> inputs = new LinkedHashMap<>();
        graph.inputs().forEach(input -> graph.type(input).ifPresent(type -> inputs.put(input, type)));
        return inputs;
    }

    /** The names of what a run returns, in the model's order. */
    public List<String> outputs() {
        return graph.outputs();
    }

    /**
     * The C of the kernels that the model needs for these inputs: for reading, and for compiling several models' kernels
     * in one go. Parts of the model whose shapes depend on elements that it computes are not among them.
     *
     * @throws InvalidInputException if the inputs do not fit the model
     * @throws UnsupportedModelException listing every node that no kernel can serve
     */
    public List<Source> sources(Map<String, NdArray> inputs) {
        InputCheck.check(this, inputs);
        return generation("its C").planner().sources(typed(inputs), input -> Optional.ofNullable(inputs.get(input)));
    }

    List<Source> constantSources(Map<String, NdArray> inputs) {
        return generation("its C").planner().constantSources(typed(inputs), i -> Optional.ofNullable(inputs.get(i)));
    }

    /**
     * The kernels that the model needs for these inputs, with all that can be chosen of each. Parts of the model whose
     * shapes depend on elements that it computes are not among them.
     *
     * @throws InvalidInputException if the inputs do not fit the model
     * @throws UnsupportedModelException listing every node that no kernel can serve
     */
    public TunableModel tunable(Map<String, NdArray> inputs) {
        InputCheck.check(this, inputs);
        Generation made = generation("its kernels' alternatives");
        List<TunableKernel> kernels =
                made.planner().tunableKernels(typed(inputs), input -> Optional.ofNullable(inputs.get(input)));
        long bytes =
                graph.constants().values().stream().mapToLong(NdArray::bytes).sum();
        return new TunableModel(kernels, bytes, made.target(), options.numerics());
    }

    private Graph typed(Map<String, NdArray> inputs) {
        Map<String, TensorType> types = new LinkedHashMap<>();
        inputs.forEach((input, array) -> types.put(input, TensorType.of(array)));
        return graph.withTypes(types);
    }

    private Generation generation(String wanted) {
        return generation.orElseThrow(
                () -> new UnsupportedOperationException(name + " is a plan file, whose kernels are compiled already: "
                        + wanted + " can be had from the ONNX model that it was built from"));
    }

    /** Where it was read from. */
    public String name() {
        return name;
    }

    Graph graph() {
        return graph;
    }

    Options options() {
        return options;
    }

    PlanCache plans() {
        return plans;
    }

    KernelLog log() {
        return log;
    }

    /** The most operations a second on the model's threads, in 10^9, measured now; not known of plan files and GPUs. */
    OptionalDouble peakGigaflopsPerSecond() {
        return generation.isEmpty() || device.isPresent()
                ? OptionalDouble.empty()
                : OptionalDouble.of(new MachinePeak(generation.get().compiler()).gigaflopsPerSecond(pool().size()));
    }

    WorkerPool pool() {
        return ownPool.isPresent() ? ownPool.get() : WorkerPool.shared();
    }

    /** The GPU that the model runs on; empty if it runs on the processor. */
    public Optional<DeviceFacts> gpu() {
        return device.map(CudaDevice::facts);
    }

    Optional<CudaDevice> device() {
        return device;
    }

    /**
     * Native memory in use, in bytes: the model's weights, as they are and as its kernels want them. Sessions have their own
     * ({@link Session#nativeBytes}).
     */
    public long nativeBytes() {
        Map<Long, Long> blocks = new HashMap<>();
        graph.constants().values().forEach(constant -> {
            if (constant.memory().isNative()) {
                blocks.put(constant.memory().address(), constant.bytes());
            }
        });
        plans.addBlocks(blocks);
        return blocks.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Done when the model was closed and the last of its sessions too. */
    CompletableFuture<Void> freed() {
        return freed;
    }

    private void free() {
        plans.close();
        ownPool.ifPresent(WorkerPool::close);
        freed.complete(null);
    }

    /**
     * Takes no new sessions. Those that are open go on as before; with the last of them the compiled code, the weights and
     * the model's threads are freed.
     */
    @Override
    public void close() {
        code.close();
    }
}
