package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.runtime.device.cuda.driver.BoxedTensor;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaError;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Node;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.device.cuda.driver.DeviceMemory;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.FunctionFacts;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.device.cuda.driver.TensorMapBits;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A device that is no device: its memory is the host's, and kernels are executed by the {@link Emulator}, whose faults come
 * out as a driver tells them. What is loaded is CUDA text instead of a cubin. One call at a time.
 */
public final class EmulatedDriver implements CudaDriver {
    /** What a text begins with that wants products and sums rounded one by one. */
    public static final String STRICT = "// strict\n";

    /** As much as one kernel of a model may take: nobody waits longer. */
    private static final long LIMIT_SECONDS = 120;

    private final Emulator emulator;
    private final DeviceFacts facts;
    private final EmulatedMemory memory;
    private final Map<Module, EmulatedModule> modules = new HashMap<>();
    private final Map<Function, EmulatedModule> functions = new HashMap<>();
    private final Map<Function, Integer> allowed = new HashMap<>();
    /** Of each stream what was captured, if it captures. */
    private final Map<Stream, Optional<List<Step>>> streams = new HashMap<>();

    private final Map<Event, Long> events = new HashMap<>();
    private final Map<Graph, List<Step>> graphs = new HashMap<>();
    private final Map<Node, Integer> nodes = new HashMap<>();
    private final Map<Executable, List<Step>> executables = new HashMap<>();
    private Optional<CudaException> broken = Optional.empty();
    private long last;

    /** What a stream does. */
    private sealed interface Step {
        record Launch(KernelLaunch launch) implements Step {}

        record Action(Runnable action) implements Step {}
    }

    public EmulatedDriver(Emulator emulator, DeviceFacts facts) {
        this.emulator = emulator;
        this.facts = facts;
        this.memory = new EmulatedMemory(facts);
    }

    /** Facts of a device of the generation of {@code sm_80} and of little memory. */
    public static DeviceFacts facts(long memoryBytes) {
        return new DeviceFacts(
                0,
                "emulated device",
                8,
                0,
                12000,
                memoryBytes,
                108,
                1_410_000,
                1_215_000,
                5120,
                40 << 20,
                48 << 10,
                163 << 10,
                164 << 10,
                65536,
                2048);
    }

    @Override
    public DeviceFacts facts() {
        return facts;
    }

    @Override
    public synchronized DeviceMemory memory() {
        check();
        return memory.state();
    }

    @Override
    public synchronized void makeCurrent() {
        check();
    }

    private void check() {
        broken.ifPresent(failure -> {
            throw failure;
        });
    }

    private static CudaException invalid(String call) {
        return CudaException.of(call, CudaError.INVALID_VALUE);
    }

    private static <T> T known(Optional<T> found, String call) {
        return found.orElseThrow(() -> invalid(call));
    }

    @Override
    public synchronized Module load(byte[] image, String name) {
        check();
        String text = new String(image, StandardCharsets.UTF_8);
        Module module = new Module(++last);
        modules.put(module, EmulatedModule.load(emulator, name, text, text.startsWith(STRICT)));
        return module;
    }

    @Override
    public synchronized void unload(Module module) {
        check();
        known(Optional.ofNullable(modules.remove(module)), "cuModuleUnload");
    }

    @Override
    public synchronized Function function(Module module, String symbol) {
        check();
        EmulatedModule loaded = known(Optional.ofNullable(modules.get(module)), "cuModuleGetFunction");
        if (!loaded.has(symbol)) {
            throw CudaException.of("cuModuleGetFunction of " + symbol, CudaError.NOT_FOUND);
        }
        Function function = new Function(++last, symbol);
        functions.put(function, loaded);
        return function;
    }

    @Override
    public synchronized FunctionFacts facts(Function function) {
        check();
        return new FunctionFacts(0, 0, 0, 1024);
    }

    @Override
    public synchronized void allowSharedBytes(Function function, int bytes) {
        check();
        if (bytes > facts.mostSharedBytesPerBlock()) {
            throw invalid("cuFuncSetAttribute of " + function.name() + " for " + bytes + " bytes of shared memory");
        }
        allowed.put(function, bytes);
    }

    @Override
    public synchronized void launch(KernelLaunch launch, Stream stream) {
        check();
        if (launch.dynamicSharedBytes() > allowed.getOrDefault(launch.function(), SHARED_BYTES)
                || launch.block().count() > 1024) {
            throw invalid("cuLaunchKernel of " + launch);
        }
        add(stream, new Step.Launch(launch), "cuLaunchKernel");
    }

    /** Runs a step at once, or keeps it where the stream captures. */
    private void add(Stream stream, Step step, String call) {
        Optional<List<Step>> captured = known(Optional.ofNullable(streams.get(stream)), call);
        captured.ifPresentOrElse(steps -> steps.add(step), () -> run(step));
    }

    private void run(Step step) {
        switch (step) {
            case Step.Action(Runnable action) -> action.run();
            case Step.Launch(KernelLaunch launch) when broken.isEmpty() -> execute(launch);
            case Step.Launch _ -> {}
        }
    }

    @Override
    public synchronized TensorMapBits encode(BoxedTensor tensor) {
        check();
        return EmulatedMaps.encoded(tensor);
    }

    /** A fault is told by the calls after this one, as a device would. */
    private void execute(KernelLaunch launch) {
        EmulatedModule module = known(Optional.ofNullable(functions.get(launch.function())), "cuLaunchKernel");
        Emulation ended = module.launch(launch, memory.all(), LIMIT_SECONDS);
        if (ended instanceof Emulation.Faulted(Fault fault)) {
            CudaError error = switch (fault.kind()) {
                case OUT_OF_BOUNDS, READ_ONLY, INDEX -> CudaError.ILLEGAL_ADDRESS;
                case MISALIGNED -> CudaError.MISALIGNED_ADDRESS;
                case STOPPED -> CudaError.LAUNCH_TIMEOUT;
                case NONE,
                        UNINITIALISED,
                        RACE,
                        PENDING_COPY,
                        BARRIER_EXIT,
                        BARRIER_LINES,
                        COLLECTIVE,
                        PARTIAL_WARP,
                        STACK,
                        COPIES,
                        COPY_PLACE,
                        BLOCK_RACE,
                        PENDING_PRODUCT,
                        UNFENCED,
                        RING_DEADLOCK,
                        RING_MISUSE -> CudaError.LAUNCH_FAILED;
            };
            broken = Optional.of(CudaException.of(fault.message(), error));
        }
    }

    @Override
    public synchronized DevicePointer allocate(long bytes, String purpose) {
        check();
        return memory.allocate(bytes, purpose);
    }

    @Override
    public synchronized void free(DevicePointer pointer) {
        check();
        memory.free(pointer);
    }

    @Override
    public synchronized DevicePointer allocate(long bytes, Stream stream, String purpose) {
        return allocate(bytes, purpose);
    }

    @Override
    public synchronized void free(DevicePointer pointer, Stream stream) {
        free(pointer);
    }

    @Override
    public synchronized MemorySegment allocatePinned(long bytes, String purpose) {
        check();
        return memory.allocatePinned(bytes, purpose);
    }

    @Override
    public synchronized void freePinned(MemorySegment segment) {
        check();
        memory.freePinned(segment);
    }

    @Override
    public synchronized void copy(MemorySegment from, DevicePointer to, Stream stream) {
        check();
        MemorySegment target = memory.range(to, from.byteSize(), "cuMemcpyHtoDAsync");
        add(stream, new Step.Action(() -> target.copyFrom(from)), "cuMemcpyHtoDAsync");
    }

    @Override
    public synchronized void copy(DevicePointer from, MemorySegment to, Stream stream) {
        check();
        MemorySegment source = memory.range(from, to.byteSize(), "cuMemcpyDtoHAsync");
        add(stream, new Step.Action(() -> to.copyFrom(source)), "cuMemcpyDtoHAsync");
    }

    @Override
    public synchronized void copy(DevicePointer from, DevicePointer to, long bytes, Stream stream) {
        check();
        MemorySegment source = memory.range(from, bytes, "cuMemcpyDtoDAsync");
        MemorySegment target = memory.range(to, bytes, "cuMemcpyDtoDAsync");
        add(stream, new Step.Action(() -> target.copyFrom(source)), "cuMemcpyDtoDAsync");
    }

    @Override
    public synchronized void fill(DevicePointer pointer, byte value, long bytes, Stream stream) {
        check();
        MemorySegment target = memory.range(pointer, bytes, "cuMemsetD8Async");
        add(stream, new Step.Action(() -> target.fill(value)), "cuMemsetD8Async");
    }

    @Override
    public synchronized Stream createStream() {
        check();
        Stream stream = new Stream(++last);
        streams.put(stream, Optional.empty());
        return stream;
    }

    @Override
    public synchronized void synchronize(Stream stream) {
        if (known(Optional.ofNullable(streams.get(stream)), "cuStreamSynchronize")
                .isPresent()) {
            throw CudaException.of("cuStreamSynchronize", CudaError.STREAM_CAPTURE_INVALIDATED);
        }
        check();
    }

    @Override
    public synchronized void await(Event event, Stream stream) {
        check();
    }

    @Override
    public synchronized void destroy(Stream stream) {
        check();
        known(Optional.ofNullable(streams.remove(stream)), "cuStreamDestroy");
    }

    @Override
    public synchronized Event createEvent() {
        check();
        Event event = new Event(++last);
        events.put(event, 0L);
        return event;
    }

    @Override
    public synchronized void record(Event event, Stream stream) {
        check();
        add(stream, new Step.Action(() -> events.put(event, System.nanoTime())), "cuEventRecord");
    }

    @Override
    public synchronized void synchronize(Event event) {
        check();
    }

    @Override
    public synchronized double elapsedSeconds(Event start, Event end) {
        check();
        long from = known(Optional.ofNullable(events.get(start)), "cuEventElapsedTime");
        return (known(Optional.ofNullable(events.get(end)), "cuEventElapsedTime") - from) * 1e-9;
    }

    @Override
    public synchronized void destroy(Event event) {
        check();
        known(Optional.ofNullable(events.remove(event)), "cuEventDestroy");
    }

    @Override
    public synchronized void beginCapture(Stream stream) {
        check();
        streams.put(stream, Optional.of(new ArrayList<>()));
    }

    @Override
    public synchronized Graph endCapture(Stream stream) {
        check();
        List<Step> steps =
                known(known(Optional.ofNullable(streams.get(stream)), "cuStreamEndCapture"), "cuStreamEndCapture");
        streams.put(stream, Optional.empty());
        Graph graph = new Graph(++last);
        graphs.put(graph, List.copyOf(steps));
        return graph;
    }

    @Override
    public synchronized List<Node> kernelNodes(Graph graph) {
        check();
        List<Step> steps = known(Optional.ofNullable(graphs.get(graph)), "cuGraphGetNodes");
        List<Node> kernels = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof Step.Launch) {
                Node node = new Node(++last);
                nodes.put(node, i);
                kernels.add(node);
            }
        }
        return kernels;
    }

    @Override
    public synchronized Executable instantiate(Graph graph) {
        check();
        Executable executable = new Executable(++last);
        executables.put(
                executable, new ArrayList<>(known(Optional.ofNullable(graphs.get(graph)), "cuGraphInstantiate")));
        return executable;
    }

    @Override
    public synchronized void update(Executable executable, Node node, KernelLaunch launch) {
        check();
        List<Step> steps = known(Optional.ofNullable(executables.get(executable)), "cuGraphExecKernelNodeSetParams");
        int at = known(Optional.ofNullable(nodes.get(node)), "cuGraphExecKernelNodeSetParams");
        steps.set(at, new Step.Launch(launch));
    }

    @Override
    public synchronized void launch(Executable executable, Stream stream) {
        check();
        known(Optional.ofNullable(executables.get(executable)), "cuGraphLaunch").forEach(this::run);
    }

    @Override
    public synchronized void destroy(Graph graph) {
        check();
        known(Optional.ofNullable(graphs.remove(graph)), "cuGraphDestroy");
    }

    @Override
    public synchronized void destroy(Executable executable) {
        check();
        known(Optional.ofNullable(executables.remove(executable)), "cuGraphExecDestroy");
    }

    /** What was made and not given back, by kind: empty after all is closed. */
    public synchronized Map<String, Integer> leaks() {
        Map<String, Integer> leaks = new LinkedHashMap<>();
        leaks.put("modules", modules.size());
        leaks.put("streams", streams.size());
        leaks.put("events", events.size());
        leaks.put("graphs", graphs.size());
        leaks.put("executables", executables.size());
        leaks.putAll(memory.blocks());
        leaks.values().removeIf(count -> count == 0);
        return leaks;
    }

    @Override
    public synchronized void close() {
        memory.close();
        emulator.close();
    }
}
