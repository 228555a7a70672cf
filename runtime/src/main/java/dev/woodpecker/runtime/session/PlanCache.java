package dev.woodpecker.runtime.session;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.PlanSource;
import dev.woodpecker.runtime.plan.Planner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A model's plans, one for each shape of its inputs that was seen; the least recently used make room. Thread-safe. */
public final class PlanCache implements AutoCloseable {
    private final PlanSource source;
    private final int capacity;
    /** Most recently used first. */
    private final Deque<CachedPlan> plans = new ArrayDeque<>();

    private boolean closed;

    public PlanCache(PlanSource source, int capacity) {
        this.source = source;
        this.capacity = capacity;
    }

    /** A plan together with the hold on its memory, to be closed by whoever uses it. */
    public record Leased(CachedPlan plan, LeasedArena.Lease lease) {}

    /**
     * The plan of a graph for these values of its inputs, made if there is none yet.
     *
     * @param values of the graph's inputs by name, and others perhaps
     */
    public Leased plan(Graph graph, Map<String, NdArray> values) {
        Optional<Leased> known = find(graph, values);
        return known.isPresent() ? known.get() : make(graph, types(graph, values), values);
    }

    private static List<TensorType> types(Graph graph, Map<String, NdArray> values) {
        List<TensorType> types = new ArrayList<>();
        for (String input : graph.inputs()) {
            types.add(TensorType.of(Objects.requireNonNull(values.get(input), input)));
        }
        return types;
    }

    private synchronized Optional<Leased> find(Graph graph, Map<String, NdArray> values) {
        if (closed) {
            throw new IllegalStateException("the model is closed");
        }
        for (CachedPlan plan : plans) {
            if (plan.serves(graph, values)) {
                plans.remove(plan);
                plans.addFirst(plan);
                return Optional.of(new Leased(plan, plan.memory().lease()));
            }
        }
        return Optional.empty();
    }

    /** Made outside the lock: others run on while kernels are compiled. */
    private Leased make(Graph graph, List<TensorType> types, Map<String, NdArray> values) {
        LeasedArena memory = new LeasedArena();
        try {
            Planner.Planned planned =
                    source.plan(typed(graph, types), input -> Optional.ofNullable(values.get(input)), memory.arena());
            return add(new CachedPlan(graph, types, planned, memory));
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    private static Graph typed(Graph graph, List<TensorType> types) {
        Map<String, TensorType> known = new LinkedHashMap<>();
        for (int i = 0; i < types.size(); i++) {
            known.put(graph.inputs().get(i), types.get(i));
        }
        return graph.withTypes(known);
    }

    private synchronized Leased add(CachedPlan plan) {
        if (closed) {
            throw new IllegalStateException("the model is closed");
        }
        plans.addFirst(plan);
        LeasedArena.Lease lease = plan.memory().lease();
        while (plans.size() > capacity) {
            plans.removeLast().memory().close();
        }
        return new Leased(plan, lease);
    }

    /** Adds the blocks of native memory that the plans' constants take, as bytes by address. */
    public synchronized void addBlocks(Map<Long, Long> blocks) {
        plans.forEach(plan -> plan.addBlocks(blocks));
    }

    @Override
    public synchronized void close() {
        closed = true;
        for (CachedPlan plan : plans) {
            plan.memory().close();
        }
        plans.clear();
    }
}
