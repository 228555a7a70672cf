package dev.woodpecker.runtime.device.cuda.driver;

import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Node;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A driver that computes nothing: it notes what is called, in order, and fails where a test says so. */
public final class RecordingDriver implements InvocationHandler {
    private final DeviceFacts facts;
    private final CudaDriver driver = (CudaDriver)
            Proxy.newProxyInstance(RecordingDriver.class.getClassLoader(), new Class<?>[] {CudaDriver.class}, this);
    private final List<String> calls = new ArrayList<>();
    private final Map<String, CudaException> failures = new HashMap<>();
    private final Map<Object, String> live = new LinkedHashMap<>();
    private List<Node> captured = new ArrayList<>();
    /** How many kernels each graph has. */
    private final Map<Executable, Integer> kernels = new HashMap<>();
    /** How many kernels the last launch started. */
    private int launched = 1;

    private boolean isCapturing;
    private long last;
    private double seconds = 1e-3;

    public RecordingDriver(DeviceFacts facts) {
        this.facts = facts;
    }

    public CudaDriver driver() {
        return driver;
    }

    /** The names of the calls since the last time, those that make and unmake things left out. */
    public List<String> takeCalls() {
        List<String> taken = List.copyOf(calls);
        calls.clear();
        return taken;
    }

    /** Lets all calls of this name fail. */
    public void fail(String method, CudaException failure) {
        failures.put(method, failure);
    }

    public void succeed() {
        failures.clear();
    }

    /** What two events that follow each other are apart, from now on; for each kernel, if a graph is between them. */
    public void eventsApart(double newSeconds) {
        seconds = newSeconds;
    }

    /** What was made and not given back. */
    public Map<Object, String> live() {
        return live;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) {
        String name = method.getName();
        if (method.getDeclaringClass() == Object.class) {
            return switch (name) {
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> "recording driver";
            };
        }
        CudaException failure = failures.get(name);
        if (!name.equals("facts") && !name.equals("memory")) {
            calls.add(text(name, arguments));
        }
        if (failure != null) {
            throw failure;
        }
        return answer(method, arguments);
    }

    private static String text(String name, Object[] arguments) {
        Object first = arguments == null || arguments.length == 0 ? "" : arguments[0];
        return first instanceof KernelLaunch launch
                ? name + " " + launch.function().name()
                : name;
    }

    private Object answer(Method method, Object[] arguments) {
        switch (method.getName()) {
            case "beginCapture" -> {
                isCapturing = true;
                captured = new ArrayList<>();
            }
            case "launch" -> {
                if (isCapturing) {
                    captured.add(new Node(++last));
                }
                launched = arguments[0] instanceof Executable graph ? kernels.getOrDefault(graph, 1) : 1;
            }
            case "copy" -> {
                // What is copied from a device that has no memory is the same every time.
                if (arguments[1] instanceof MemorySegment host) {
                    host.fill((byte) 0);
                }
            }
            case "unload", "free", "destroy" -> live.remove(arguments[0]);
            case "freePinned" -> live.remove(((MemorySegment) arguments[0]).address());
            default -> {}
        }
        return switch (method.getReturnType().getSimpleName()) {
            case "DeviceFacts" -> facts;
            case "DeviceMemory" -> new DeviceMemory(facts.memoryBytes() / 2, facts.memoryBytes());
            case "Module" -> made(new Module(++last), "module");
            case "Function" -> new Function(++last, (String) arguments[1]);
            case "FunctionFacts" -> new FunctionFacts(32, 0, 0, 1024);
            case "DevicePointer" ->
                made(new DevicePointer(++last << 20), "memory for " + arguments[arguments.length - 1]);
            case "MemorySegment" -> {
                MemorySegment memory = Arena.ofAuto().allocate((long) arguments[0], 64);
                made(memory.address(), "pinned memory");
                yield memory;
            }
            case "Stream" -> made(new Stream(++last), "stream");
            case "Event" -> made(new Event(++last), "event");
            case "Graph" -> {
                isCapturing = false;
                yield made(new Graph(++last), "graph");
            }
            case "List" -> captured;
            case "Executable" -> {
                Executable made = made(new Executable(++last), "executable graph");
                kernels.put(made, captured.size());
                yield made;
            }
            case "double" ->
                launched * seconds * Math.max(0, ((Event) arguments[1]).value() - ((Event) arguments[0]).value());
            default -> null;
        };
    }

    private <T> T made(T thing, String what) {
        live.put(thing, what);
        return thing;
    }
}
