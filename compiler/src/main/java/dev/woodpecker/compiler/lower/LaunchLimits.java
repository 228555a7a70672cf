package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;

/** What a block of a GPU's threads may have: threads, shared memory, registers. */
final class LaunchLimits {
    private static final int MOST_THREADS = 1024;
    private static final int MOST_REGISTER_BYTES = 255 * 4;

    private LaunchLimits() {}

    /** What a phase takes beyond that. */
    static List<Finding> of(LoweredKernel.Phase phase, Target target) {
        List<Finding> findings = new ArrayList<>();
        int threads = phase.launch().block().stream().reduce(1, Math::multiplyExact);
        if (threads > MOST_THREADS) {
            findings.add(finding(phase, threads + " threads a block; at most " + MOST_THREADS));
        }
        if (phase.scratchBytes() > target.fastBytes()) {
            findings.add(finding(
                    phase,
                    phase.scratchBytes() + " bytes of shared memory a block; " + target.name() + " has "
                            + target.fastBytes()));
        }
        long registers = registerBytes(phase.body());
        if (registers > MOST_REGISTER_BYTES) {
            findings.add(finding(
                    phase,
                    registers + " bytes of register buffers a thread; at most " + MOST_REGISTER_BYTES
                            + " stay in registers"));
        }
        return findings;
    }

    private static Finding finding(LoweredKernel.Phase phase, String message) {
        return new Finding(Finding.Kind.RESOURCES, phase.symbol(), "", "", Origin.NONE, message);
    }

    /** The most register buffers that are alive together. */
    private static long registerBytes(Stmt s) {
        long inside = s.children().stream()
                .mapToLong(LaunchLimits::registerBytes)
                .max()
                .orElse(0);
        return s instanceof Stmt.Allocate a && a.buffer().scope() == Scope.REGISTER && !PlanScratch.isPlaced(a.buffer())
                ? inside + PlanScratch.bytes(a.buffer())
                : inside;
    }
}
