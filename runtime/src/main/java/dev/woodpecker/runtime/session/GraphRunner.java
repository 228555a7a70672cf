package dev.woodpecker.runtime.session;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.host.HostCall;
import dev.woodpecker.runtime.onnx.host.HostOperators;
import dev.woodpecker.runtime.plan.ExecutablePlan;
import dev.woodpecker.runtime.plan.PlanRun;
import dev.woodpecker.runtime.plan.inference.InferredGraph;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a graph: its plan, and where shapes depend on elements, plan after plan with host operators in between. Not safe for
 * use by several threads at once.
 */
public final class GraphRunner implements AutoCloseable {
    private final PlanCache cache;
    private final WorkerPool pool;
    private final int capacity;
    /** Prepared runs, the least recently used first. */
    private final Map<CachedPlan, Prepared> prepared = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * @param capacity how many plans are kept ready to run
     */
    public GraphRunner(PlanCache cache, WorkerPool pool, int capacity) {
        this.cache = cache;
        this.pool = pool;
        this.capacity = capacity;
    }

    /** Told which plans, kernels and host operators run, and how long they take. */
    public interface Observer extends PlanRun.Observer {
        void starts(ExecutablePlan plan);

        void ranOnHost(Node node, long nanoseconds);
    }

    private record Prepared(PlanRun run, Arena arena, LeasedArena.Lease lease) {
        void close() {
            arena.close();
            lease.close();
        }
    }

    /**
     * Runs the graph.
     *
     * @param given inputs by name, aligned
     * @param results arrays that outputs are written to, aligned, by name; others are allocated
     * @return the outputs by name
     */
    public Map<String, NdArray> run(
            Graph whole, Map<String, NdArray> given, Map<String, NdArray> results, Observer observer) {
        Map<String, NdArray> values = new HashMap<>(given);
        Graph graph = whole;
        while (true) {
            CachedPlan plan =
                    runPlan(graph, values, graph.outputs().equals(whole.outputs()) ? results : Map.of(), observer);
            Optional<InferredGraph.Rest> rest = plan.planned().rest();
            if (rest.isEmpty()) {
                break;
            }
            rest.get().hostNode().ifPresent(node -> runOnHost(node, rest.get().hostConstants(), values, observer));
            graph = rest.get().graph();
        }
        Map<String, NdArray> outputs = new LinkedHashMap<>();
        for (String output : whole.outputs()) {
            outputs.put(output, value(values, output));
        }
        return outputs;
    }

    private CachedPlan runPlan(
            Graph graph, Map<String, NdArray> values, Map<String, NdArray> results, Observer observer) {
        List<TensorType> types = new ArrayList<>();
        Map<String, NdArray> inputs = new HashMap<>();
        for (String input : graph.inputs()) {
            NdArray value = value(values, input);
            types.add(TensorType.of(value));
            inputs.put(input, value);
        }
        PlanCache.Leased leased = cache.plan(graph, types, inputs);
        CachedPlan cached = leased.plan();
        Prepared ready = prepare(leased);
        ExecutablePlan plan = cached.planned().plan();
        List<NdArray> arguments = new ArrayList<>();
        plan.inputs().forEach(input -> arguments.add(value(values, input.name()).aligned()));
        List<NdArray> outputs = new ArrayList<>();
        for (ExecutablePlan.Value output : plan.outputs()) {
            NdArray result = results.get(output.name());
            boolean fits = result != null && TensorType.of(result).equals(output.type());
            outputs.add(
                    fits
                            ? result
                            : NdArray.allocate(
                                    output.type().element(),
                                    output.type().shape().extents()));
        }
        observer.starts(plan);
        ready.run().run(arguments, outputs, observer);
        for (int i = 0; i < outputs.size(); i++) {
            values.put(plan.outputs().get(i).name(), outputs.get(i));
        }
        return cached;
    }

    private Prepared prepare(PlanCache.Leased leased) {
        Prepared known = prepared.get(leased.plan());
        if (known != null) {
            leased.lease().close();
            return known;
        }
        Arena arena = Arena.ofShared();
        try {
            ExecutablePlan plan = leased.plan().planned().plan();
            MemorySegment memory = PlanRun.allocate(arena, plan);
            Prepared ready = new Prepared(new PlanRun(plan, pool, arena, memory), arena, leased.lease());
            prepared.put(leased.plan(), ready);
            if (prepared.size() > capacity) {
                CachedPlan oldest = prepared.keySet().iterator().next();
                Optional.ofNullable(prepared.remove(oldest)).ifPresent(Prepared::close);
            }
            return ready;
        } catch (RuntimeException | Error e) {
            arena.close();
            leased.lease().close();
            throw e;
        }
    }

    private static void runOnHost(
            Node node, Map<String, NdArray> constants, Map<String, NdArray> values, Observer observer) {
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
        observer.ranOnHost(node, System.nanoTime() - start);
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
        prepared.values().forEach(Prepared::close);
        prepared.clear();
    }
}
