package dev.woodpecker.tuner.cost;

import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import java.util.List;

/** Counts a kernel's work and traffic by its loops. Figures of instructions are those of processors since 2015. */
final class FeatureExtraction {
    private static final double LATENCY_CYCLES = 4;
    private static final double INSTRUCTIONS_A_CYCLE = 4;
    private static final double DIVISION_CYCLES = 8;
    private static final double CALL_CYCLES = 14;
    private static final double INDEX_DIVISION_CYCLES = 3;
    private static final double LOOP_CYCLES = 1.5;

    /** No target says how large its last cache is; servers and desktops have this much or more. */
    private static final double LAST_CACHE_BYTES = 16 << 20;

    private final Target target;
    private final int lanes;
    private final KernelFeatures.Sum sum = new KernelFeatures.Sum();
    private double busiest = -1;

    private FeatureExtraction(Target target) {
        this.target = target;
        this.lanes = target.lanes(4);
    }

    static KernelFeatures of(List<Stmt> phases, Target target) {
        FeatureExtraction extraction = new FeatureExtraction(target);
        extraction.sum.set(Feature.PARALLEL_EXTENT, Double.MAX_VALUE);
        phases.forEach(extraction::phase);
        extraction.sum.add(Feature.PHASES, phases.size());
        double flops = extraction.sum.get(Feature.FLOPS);
        extraction.sum.set(Feature.VECTOR_SHARE, flops == 0 ? 1 : extraction.sum.get(Feature.VECTOR_SHARE) / flops);
        return extraction.sum.result();
    }

    private void phase(Stmt phase) {
        List<Leaf> leaves = Leaves.of(phase);
        Traffic traffic = new Traffic(leaves);
        sum.add(Feature.FIRST_CACHE_BYTES, traffic.into((double) target.fastBytes()));
        sum.add(Feature.SECOND_CACHE_BYTES, traffic.into((double) target.nearBytes()));
        sum.add(Feature.MEMORY_BYTES, traffic.into(Math.max(LAST_CACHE_BYTES, (double) target.nearBytes())));
        leaves.forEach(leaf -> leaf(leaf, traffic));
        double parallel = leaves.stream()
                .mapToDouble(leaf -> leaf.loops().stream()
                        .filter(level -> isShared(level.binding()))
                        .mapToDouble(Leaf.Level::extent)
                        .reduce(1, (a, b) -> a * b))
                .max()
                .orElse(1);
        sum.set(Feature.PARALLEL_EXTENT, Math.min(parallel, sum.get(Feature.PARALLEL_EXTENT)));
        workspace(phase);
    }

    private static boolean isShared(Loop.Binding binding) {
        return binding == Loop.Binding.PARALLEL || binding.isBlock() || binding.isThread();
    }

    private void workspace(Stmt stmt) {
        if (stmt instanceof Stmt.Allocate(var buffer, Stmt _)
                && buffer.scope() == dev.woodpecker.compiler.ir.Scope.SHARED) {
            double elements = buffer.shape().stream()
                    .mapToDouble(extent -> IndexValue.of(extent, java.util.Map.of(), java.util.Map.of()))
                    .reduce(1, (a, b) -> a * b);
            sum.add(Feature.WORKSPACE_BYTES, elements * buffer.type().bytes());
        }
        stmt.children().forEach(this::workspace);
    }

    private void leaf(Leaf leaf, Traffic traffic) {
        Leaf.Operations operations = leaf.operations();
        double copies = leaf.copies(lanes);
        double iterations = leaf.instances(lanes) / copies;
        double arithmetic = (operations.multiplyAdds() + operations.simple()) * copies;
        double loads = 0;
        double stores = 0;
        double gathered = 0;
        double accumulators = 0;
        double live = 0;
        for (Leaf.Access access : leaf.accesses()) {
            double distinct = leaf.distinct(access, lanes);
            if (access.register() && !leaf.isIndexedByLoop(access)) {
                accumulators = access.store() ? distinct : accumulators;
                continue;
            }
            gathered += leaf.gathers(access) ? distinct : 0;
            live += access.store() || !leaf.isVector(access) ? 0 : Math.min(distinct, 4);
            loads += access.store() ? 0 : distinct;
            stores += access.store() ? distinct : 0;
        }
        double chain = leaf.isReduction() && accumulators > 0 ? LATENCY_CYCLES * copies / accumulators : 0;
        double instructions = arithmetic + loads + stores;
        double cycles = max(arithmetic / 2, loads / 2, stores, chain, (instructions + gathered) / INSTRUCTIONS_A_CYCLE)
                + copies * (operations.divisions() * DIVISION_CYCLES + operations.calls() * CALL_CYCLES)
                + operations.index() * INDEX_DIVISION_CYCLES;
        // Scalars are broadcast on the way, and of vectors no more than some are held at a time.
        double registers = accumulators + live + 1;
        double spilled = target.vectorRegisters() == 0 ? 0 : Math.max(0, registers - target.vectorRegisters());
        double flops =
                (2.0 * operations.multiplyAdds() + operations.simple() + operations.divisions() + operations.calls())
                        * leaf.elements();
        sum.add(Feature.FLOPS, flops);
        sum.add(Feature.VECTOR_SHARE, leaf.isVector() ? flops : 0);
        sum.add(Feature.COMPUTE_CYCLES, iterations * cycles);
        sum.add(Feature.SPILL_CYCLES, iterations * spilled * 1.5);
        sum.add(Feature.LOOP_CYCLES, iterations * (LOOP_CYCLES + (leaf.guarded() ? 1 : 0)));
        sum.add(Feature.ACCESSES, iterations * (loads + stores));
        sum.add(Feature.GATHERED, iterations * gathered);
        sum.add(Feature.INDEX_DIVISIONS, iterations * operations.index());
        sum.add(Feature.CALLS, iterations * copies * operations.calls());
        sum.add(Feature.DIVISIONS, iterations * copies * operations.divisions());
        sum.add(Feature.CODE_SIZE, copies);
        if (iterations * cycles > busiest) {
            busiest = iterations * cycles;
            int depth = leaf.loops().size();
            int body = leaf.bodyDepth();
            sum.set(Feature.BUSY_ARITHMETIC, arithmetic);
            sum.set(Feature.BUSY_LOADS, loads / Math.max(1, arithmetic));
            sum.set(Feature.BUSY_ACCUMULATORS, accumulators);
            sum.set(Feature.BUSY_REGISTERS, registers / Math.max(1, target.vectorRegisters()));
            sum.set(Feature.BUSY_EXTENT, (double) leaf.innermostExtent());
            sum.set(Feature.BUSY_FIRST_CACHE, depth == 0 ? 0 : traffic.loopBytes(leaf, body - 2) / target.fastBytes());
            sum.set(Feature.BUSY_SECOND_CACHE, depth == 0 ? 0 : traffic.loopBytes(leaf, body - 4) / target.nearBytes());
        }
    }

    private static double max(double... values) {
        double greatest = 0;
        for (double value : values) {
            greatest = Math.max(greatest, value);
        }
        return greatest;
    }
}
