package dev.woodpecker.runtime.device.cuda.driver;

import dev.woodpecker.runtime.device.cpu.NativeMemoryException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Node;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.JCudaLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** A device at hand, by JCuda's binding of the driver. */
public final class JcudaDriver implements CudaDriver {
    private final CUdevice device;
    private final CUcontext context;
    private final DeviceFacts facts;
    private final JcudaObjects objects = new JcudaObjects();
    private final AtomicLong nodes = new AtomicLong();

    private JcudaDriver(CUdevice device, CUcontext context, DeviceFacts facts) {
        this.device = device;
        this.context = context;
        this.facts = facts;
    }

    /**
     * The device of this number. Whether there is a driver, and a device, is to be asked before.
     *
     * @param cache where JCuda's native half is extracted to
     * @throws dev.woodpecker.runtime.toolchain.ToolchainException if JCuda is not on the class path, or does not load
     * @throws CudaException if the driver refuses
     */
    public static JcudaDriver open(int ordinal, CacheDirectory cache) {
        JCudaLibrary.DRIVER.load(cache);
        check(JCudaDriver.cuInit(0), "cuInit");
        CUdevice device = new CUdevice();
        check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet of device " + ordinal);
        DeviceFacts facts = JcudaFacts.of(device, ordinal);
        CUcontext context = new CUcontext();
        check(
                JCudaDriver.cuDevicePrimaryCtxRetain(context, device),
                "cuDevicePrimaryCtxRetain of device " + ordinal + ", " + facts.name());
        return new JcudaDriver(device, context, facts);
    }

    static void check(int result, String call) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw exception(result, call);
        }
    }

    private static CudaException exception(int result, String call) {
        String[] name = new String[1];
        JCudaDriver.cuGetErrorName(result, name);
        return CudaException.of(call, result, name[0] == null ? "an error without a name" : name[0]);
    }

    @Override
    public DeviceFacts facts() {
        return facts;
    }

    @Override
    public DeviceMemory memory() {
        makeCurrent();
        long[] free = new long[1];
        long[] total = new long[1];
        check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
        return new DeviceMemory(free[0], total[0]);
    }

    @Override
    public void makeCurrent() {
        check(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
    }

    @Override
    public Module load(byte[] image, String name) {
        makeCurrent();
        CUmodule module = new CUmodule();
        check(JCudaDriver.cuModuleLoadData(module, image), "cuModuleLoadData of " + name);
        return new Module(objects.add(module));
    }

    @Override
    public void unload(Module module) {
        makeCurrent();
        check(JCudaDriver.cuModuleUnload(objects.remove(module.value(), CUmodule.class)), "cuModuleUnload");
    }

    @Override
    public Function function(Module module, String symbol) {
        makeCurrent();
        CUfunction function = new CUfunction();
        check(
                JCudaDriver.cuModuleGetFunction(function, objects.get(module.value(), CUmodule.class), symbol),
                "cuModuleGetFunction of " + symbol);
        return new Function(objects.add(function), symbol);
    }

    @Override
    public FunctionFacts facts(Function function) {
        makeCurrent();
        return new FunctionFacts(
                attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS),
                attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES),
                attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES),
                attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK));
    }

    private int attribute(Function function, int attribute) {
        int[] value = new int[1];
        check(
                JCudaDriver.cuFuncGetAttribute(value, attribute, function(function)),
                "cuFuncGetAttribute of " + function.name());
        return value[0];
    }

    private CUfunction function(Function function) {
        return objects.get(function.value(), CUfunction.class);
    }

    @Override
    public void allowSharedBytes(Function function, int bytes) {
        makeCurrent();
        check(
                JCudaDriver.cuFuncSetAttribute(
                        function(function),
                        CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                        bytes),
                "cuFuncSetAttribute of " + function.name() + " for " + bytes
                        + " bytes of shared memory, where a block of " + facts.name() + " can have "
                        + facts.mostSharedBytesPerBlock());
    }

    @Override
    public void launch(KernelLaunch launch, Stream stream) {
        makeCurrent();
        try (Arena arena = Arena.ofConfined()) {
            int result = JCudaDriver.cuLaunchKernel(
                    function(launch.function()),
                    launch.grid().x(),
                    launch.grid().y(),
                    launch.grid().z(),
                    launch.block().x(),
                    launch.block().y(),
                    launch.block().z(),
                    launch.dynamicSharedBytes(),
                    stream(stream),
                    JcudaArguments.pointer(launch, arena),
                    null);
            check(result, "cuLaunchKernel of " + text(launch));
        }
    }

    @Override
    public TensorMapBits encode(BoxedTensor tensor) {
        makeCurrent();
        return JcudaTensorMaps.encode(tensor);
    }

    private static String text(KernelLaunch launch) {
        return "%s, %s blocks of %s threads, %d bytes of dynamic shared memory"
                .formatted(launch.function().name(), launch.grid(), launch.block(), launch.dynamicSharedBytes());
    }

    private CUstream stream(Stream stream) {
        return objects.get(stream.value(), CUstream.class);
    }

    @Override
    public DevicePointer allocate(long bytes, String purpose) {
        makeCurrent();
        DeviceAddress address = new DeviceAddress();
        int result = JCudaDriver.cuMemAlloc(address, Math.max(1, bytes));
        checkMemory(result, "cuMemAlloc", bytes, purpose);
        return new DevicePointer(address.value());
    }

    @Override
    public DevicePointer allocate(long bytes, Stream stream, String purpose) {
        makeCurrent();
        DeviceAddress address = new DeviceAddress();
        int result = JCudaDriver.cuMemAllocAsync(address, Math.max(1, bytes), stream(stream));
        checkMemory(result, "cuMemAllocAsync", bytes, purpose);
        return new DevicePointer(address.value());
    }

    private void checkMemory(int result, String call, long bytes, String purpose) {
        if (result == CUresult.CUDA_SUCCESS) {
            return;
        }
        String what = call + " of " + NativeMemoryException.readable(bytes) + " for " + purpose;
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            DeviceMemory memory = memory();
            what += ", where %s of %s are free on device %d, %s,"
                    .formatted(
                            NativeMemoryException.readable(memory.freeBytes()),
                            NativeMemoryException.readable(memory.totalBytes()),
                            facts.ordinal(),
                            facts.name());
        }
        throw exception(result, what);
    }

    @Override
    public void free(DevicePointer memory) {
        makeCurrent();
        check(JCudaDriver.cuMemFree(DeviceAddress.of(memory)), "cuMemFree");
    }

    @Override
    public void free(DevicePointer memory, Stream stream) {
        makeCurrent();
        check(JCudaDriver.cuMemFreeAsync(DeviceAddress.of(memory), stream(stream)), "cuMemFreeAsync");
    }

    @Override
    public MemorySegment allocatePinned(long bytes, String purpose) {
        makeCurrent();
        PinnedMemory memory = PinnedMemory.allocate(bytes, purpose);
        int result = JCudaDriver.cuMemHostRegister(
                new HostAddress(memory.segment().address()), memory.segment().byteSize(), 0);
        if (result != CUresult.CUDA_SUCCESS) {
            memory.arena().close();
            throw exception(
                    result, "cuMemHostRegister of " + NativeMemoryException.readable(bytes) + " for " + purpose);
        }
        objects.pin(memory);
        return memory.segment().asSlice(0, bytes);
    }

    @Override
    public void freePinned(MemorySegment memory) {
        makeCurrent();
        PinnedMemory pinned = objects.unpin(memory.address());
        check(JCudaDriver.cuMemHostUnregister(new HostAddress(memory.address())), "cuMemHostUnregister");
        pinned.arena().close();
    }

    @Override
    public void copy(MemorySegment from, DevicePointer to, Stream stream) {
        makeCurrent();
        check(
                JCudaDriver.cuMemcpyHtoDAsync(
                        DeviceAddress.of(to), new HostAddress(from.address()), from.byteSize(), stream(stream)),
                "cuMemcpyHtoDAsync of " + from.byteSize() + " bytes");
    }

    @Override
    public void copy(DevicePointer from, MemorySegment to, Stream stream) {
        makeCurrent();
        check(
                JCudaDriver.cuMemcpyDtoHAsync(
                        new HostAddress(to.address()), DeviceAddress.of(from), to.byteSize(), stream(stream)),
                "cuMemcpyDtoHAsync of " + to.byteSize() + " bytes");
    }

    @Override
    public void copy(DevicePointer from, DevicePointer to, long bytes, Stream stream) {
        makeCurrent();
        check(
                JCudaDriver.cuMemcpyDtoDAsync(DeviceAddress.of(to), DeviceAddress.of(from), bytes, stream(stream)),
                "cuMemcpyDtoDAsync of " + bytes + " bytes");
    }

    @Override
    public void fill(DevicePointer memory, byte value, long bytes, Stream stream) {
        makeCurrent();
        check(
                JCudaDriver.cuMemsetD8Async(DeviceAddress.of(memory), value, bytes, stream(stream)),
                "cuMemsetD8Async of " + bytes + " bytes");
    }

    @Override
    public Stream createStream() {
        makeCurrent();
        JcudaObjects.NumberedStream stream = new JcudaObjects.NumberedStream();
        check(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
        objects.put(stream.value(), stream);
        return new Stream(stream.value());
    }

    @Override
    public void synchronize(Stream stream) {
        makeCurrent();
        check(JCudaDriver.cuStreamSynchronize(stream(stream)), "cuStreamSynchronize");
    }

    @Override
    public void await(Event event, Stream stream) {
        makeCurrent();
        check(JCudaDriver.cuStreamWaitEvent(stream(stream), event(event), 0), "cuStreamWaitEvent");
    }

    @Override
    public void destroy(Stream stream) {
        makeCurrent();
        check(JCudaDriver.cuStreamDestroy(objects.remove(stream.value(), CUstream.class)), "cuStreamDestroy");
    }

    @Override
    public Event createEvent() {
        makeCurrent();
        CUevent event = new CUevent();
        check(JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
        return new Event(objects.add(event));
    }

    private CUevent event(Event event) {
        return objects.get(event.value(), CUevent.class);
    }

    @Override
    public void record(Event event, Stream stream) {
        makeCurrent();
        check(JCudaDriver.cuEventRecord(event(event), stream(stream)), "cuEventRecord");
    }

    @Override
    public void synchronize(Event event) {
        makeCurrent();
        check(JCudaDriver.cuEventSynchronize(event(event)), "cuEventSynchronize");
    }

    @Override
    public double elapsedSeconds(Event start, Event end) {
        makeCurrent();
        float[] milliseconds = new float[1];
        check(JCudaDriver.cuEventElapsedTime(milliseconds, event(start), event(end)), "cuEventElapsedTime");
        return milliseconds[0] * 1e-3;
    }

    @Override
    public void destroy(Event event) {
        makeCurrent();
        check(JCudaDriver.cuEventDestroy(objects.remove(event.value(), CUevent.class)), "cuEventDestroy");
    }

    @Override
    public void beginCapture(Stream stream) {
        makeCurrent();
        check(
                JCudaDriver.cuStreamBeginCapture(
                        stream(stream), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "cuStreamBeginCapture");
    }

    @Override
    public Graph endCapture(Stream stream) {
        makeCurrent();
        CUgraph graph = new CUgraph();
        check(JCudaDriver.cuStreamEndCapture(stream(stream), graph), "cuStreamEndCapture");
        return new Graph(objects.add(graph));
    }

    @Override
    public List<Node> kernelNodes(Graph graph) {
        makeCurrent();
        List<Node> kernels = new ArrayList<>();
        for (CUgraphNode node : JcudaGraphs.kernels(objects.get(graph.value(), CUgraph.class))) {
            long number = nodes.incrementAndGet();
            objects.addNode(graph.value(), number, node);
            kernels.add(new Node(number));
        }
        return kernels;
    }

    @Override
    public Executable instantiate(Graph graph) {
        makeCurrent();
        CUgraphExec executable = new CUgraphExec();
        check(
                JCudaDriver.cuGraphInstantiate(executable, objects.get(graph.value(), CUgraph.class), 0),
                "cuGraphInstantiate");
        return new Executable(objects.add(executable));
    }

    @Override
    public void update(Executable executable, Node node, KernelLaunch launch) {
        makeCurrent();
        try (Arena arena = Arena.ofConfined()) {
            check(
                    JCudaDriver.cuGraphExecKernelNodeSetParams(
                            objects.get(executable.value(), CUgraphExec.class),
                            objects.node(node.value()),
                            JcudaArguments.node(launch, function(launch.function()), arena)),
                    "cuGraphExecKernelNodeSetParams of " + text(launch));
        }
    }

    @Override
    public void launch(Executable executable, Stream stream) {
        makeCurrent();
        check(
                JCudaDriver.cuGraphLaunch(objects.get(executable.value(), CUgraphExec.class), stream(stream)),
                "cuGraphLaunch");
    }

    @Override
    public void destroy(Graph graph) {
        makeCurrent();
        objects.removeNodes(graph.value());
        check(JCudaDriver.cuGraphDestroy(objects.remove(graph.value(), CUgraph.class)), "cuGraphDestroy");
    }

    @Override
    public void destroy(Executable executable) {
        makeCurrent();
        check(
                JCudaDriver.cuGraphExecDestroy(objects.remove(executable.value(), CUgraphExec.class)),
                "cuGraphExecDestroy");
    }

    @Override
    public void close() {
        check(JCudaDriver.cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease");
    }
}
