package dev.woodpecker.runtime.session;

import dev.woodpecker.runtime.InvalidInputException;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.device.cpu.Cancellation;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.onnx.host.HostCall;
import dev.woodpecker.runtime.onnx.host.HostOperators;
import dev.woodpecker.runtime.plan.ExecutablePlan;
import dev.woodpecker.runtime.plan.Planner;
import dev.woodpecker.runtime.plan.PreparedRun;
import dev.woodpecker.runtime.plan.RunnablePlan;
import dev.woodpecker.runtime.plan.cuda.CudaPlanRun;
import dev.woodpecker.runtime.plan.cuda.PlacedArray;
import dev.woodpecker.runtime.plan.inference.InferredGraph;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs a graph: its plan, and where shapes depend on elements, plan after plan with host operators in between. Not safe for
 * use by several threads at once.
 */
public final class GraphRunner implements AutoCloseable {
    private final PlanCache cache;
    private final WorkerPool pool;
    private final int capacity;
    /** Prepared runs, the most recently used first. */
    private final Deque<Prepared> prepared = new ArrayDeque<>();
    /** What of them was allocated, for those who ask from other threads. */
    private final AtomicLong nativeBytes = new AtomicLong();

    private final OutputArrays arrays = new OutputArrays();

    /**
     * @param capacity how many plans are kept ready to run
     */
    public GraphRunner(PlanCache cache, WorkerPool pool, int capacity) {
        this.cache = cache;
        this.pool = pool;
        this.capacity = capacity;
    }

    /** Told which plans, kernels and host operators run, and how long they take. */
    public interface Observer extends PreparedRun.Observer {
        void starts(RunnablePlan plan);

        void ranOnHost(Node node, long startNanoseconds, long nanoseconds);
    }

    private record Prepared(CachedPlan plan, PreparedRun run, LeasedArena.Lease lease) {
        long bytes() {
            return plan.planned().plan().arenaBytes();
        }

        void close() {
            run.close();
            lease.close();
        }
    }

    /**
     * Runs the graph.
     *
     * @param given inputs by name, aligned
     * @param results arrays that outputs are written to, aligned, by name; others are allocated
     * @param observer for whom everything is timed
     * @return the outputs by name
     * @throws java.util.concurrent.CancellationException if the run is cancelled
     */
    public Map<String, NdArray> run(
            Graph whole,
            Map<String, NdArray> given,
            Map<String, NdArray> results,
            Optional<? extends Observer> observer,
            Cancellation cancellation) {
        Map<String, NdArray> values = new HashMap<>(given);
        Graph graph = whole;
        while (true) {
            boolean isLast = graph.outputs().equals(whole.outputs());
            CachedPlan plan = runPlan(graph, values, isLast ? results : Map.of(), observer, cancellation);
            Optional<InferredGraph.Rest> rest = plan.planned().rest();
            if (rest.isEmpty()) {
                break;
            }
            cancellation.check();
            rest.get().hostNode().ifPresent(node -> runOnHost(node, rest.get().hostConstants(), values, observer));
            graph = rest.get().graph();
        }
        Map<String, NdArray> outputs = new LinkedHashMap<>();
        for (String output : whole.outputs()) {
            outputs.put(output, value(values, output));
        }
        return outputs;
    }

    /**
     * Runs a graph of a GPU on memory of its device.
     *
     * @param typed arrays of the inputs' types, whatever their elements
     * @param inputs by name
     * @param outputs all of them, by name
     * @throws UnsupportedOperationException if part of the graph runs on the host, or depends on elements
     */
    public void runOnDevice(
            Graph graph,
            Map<String, NdArray> typed,
            Map<String, PlacedArray> inputs,
            Map<String, PlacedArray> outputs) {
        Prepared ready = prepared(graph, typed);
        Planner.Planned planned = ready.plan().planned();
        if (!(ready.run() instanceof CudaPlanRun onDevice)
                || planned.rest().isPresent()
                || !planned.pinned().isEmpty()) {
            throw new UnsupportedOperationException(
                    "part of the model runs on the host, or its shapes depend on elements of"
                            + " inputs: give the inputs as arrays of the host");
        }
        onDevice.runOnDevice(
                places(planned.plan().inputs(), inputs), places(planned.plan().outputs(), outputs));
    }

    private static List<DevicePointer> places(List<ExecutablePlan.Value> values, Map<String, PlacedArray> given) {
        List<DevicePointer> places = new ArrayList<>();
        for (ExecutablePlan.Value value : values) {
            PlacedArray array = Objects.requireNonNull(given.get(value.name()), value.name());
            if (!value.type().isSame(array.type())) {
                throw new InvalidInputException(
                        "'" + value.name() + "' is " + value.type() + ", and the array given for it " + array.type());
            }
            places.add(array.pointer());
        }
        return places;
    }

    private CachedPlan runPlan(
            Graph graph,
            Map<String, NdArray> values,
            Map<String, NdArray> results,
            Optional<? extends Observer> observer,
            Cancellation cancellation) {
        Prepared ready = prepared(graph, values);
        RunnablePlan plan = ready.plan().planned().plan();
        List<NdArray> arguments = new ArrayList<>(plan.inputs().size());
        for (ExecutablePlan.Value input : plan.inputs()) {
            arguments.add(value(values, input.name()).aligned());
        }
        List<NdArray> outputs = new ArrayList<>(plan.outputs().size());
        for (ExecutablePlan.Value output : plan.outputs()) {
            NdArray result = results.get(output.name());
            outputs.add(result != null && output.type().isOf(result) ? result : arrays.allocate(output.type()));
        }
        if (observer.isPresent()) {
            observer.get().starts(plan);
        }
        ready.run().run(arguments, outputs, observer, cancellation);
        for (int i = 0; i < outputs.size(); i++) {
            values.put(plan.outputs().get(i).name(), outputs.get(i));
        }
        return ready.plan();
    }

    private Prepared prepared(Graph graph, Map<String, NdArray> values) {
        for (Prepared known : prepared) {
            if (known.plan().serves(graph, values)) {
                if (known != prepared.peekFirst()) {
                    prepared.remove(known);
                    prepared.addFirst(known);
                }
                return known;
            }
        }
        return prepare(cache.plan(graph, values));
    }

    private Prepared prepare(PlanCache.Leased leased) {
        try {
            PreparedRun run = leased.plan().planned().plan().prepare(pool);
            Prepared ready = new Prepared(leased.plan(), run, leased.lease());
            prepared.addFirst(ready);
            nativeBytes.addAndGet(ready.bytes());
            if (prepared.size() > capacity) {
                drop(prepared.removeLast());
            }
            return ready;
        } catch (RuntimeException | Error e) {
            leased.lease().close();
            throw e;
        }
    }

    private void drop(Prepared unwanted) {
        nativeBytes.addAndGet(-unwanted.bytes());
        unwanted.close();
    }

    /** The native memory that prepared runs take; may be asked by any thread. */
    public long nativeBytes() {
        return nativeBytes.get();
    }

    private static void runOnHost(
            Node node,
            Map<String, NdArray> constants,
            Map<String, NdArray> values,
            Optional<? extends Observer> observer) {
        List<Optional<NdArray>> inputs = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            inputs.add(node.inputName(i).map(name -> {
                NdArray constant = constants.get(name);
                return constant != null ? constant : value(values, name);
            }));
        }
        long start = System.nanoTime();
        List<NdArray> results =
                HostOperators.find(node.operator()).orElseThrow().run(new HostCall(node, inputs));
        long nanoseconds = System.nanoTime() - start;
        observer.ifPresent(told -> told.ranOnHost(node, start, nanoseconds));
        for (int i = 0; i < node.outputs().size(); i++) {
            NdArray result = results.get(i);
            node.outputName(i).ifPresent(name -> values.put(name, result));
        }
    }

    private static NdArray value(Map<String, NdArray> values, String name) {
        NdArray value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("the value '" + name + "' was not computed");
        }
        return value;
    }

    @Override
    public void close() {
        while (!prepared.isEmpty()) {
            drop(prepared.removeLast());
        }
    }
}
