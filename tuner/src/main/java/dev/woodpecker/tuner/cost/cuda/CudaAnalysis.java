package dev.woodpecker.tuner.cost.cuda;

import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.lower.LoweringException;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.tuner.cost.Analysis;
import dev.woodpecker.tuner.cost.KernelFeatures;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The order of a task's candidates by {@link CudaModel}, which looks at what threads of a warp do together. Each is lowered
 * all the way, once, which takes some tens of milliseconds. For several threads.
 */
public final class CudaAnalysis implements Analysis {
    /** Of what no multiprocessor can hold, or the verifier refuses: after all others. */
    private static final double NEVER_SECONDS = 1e3;

    private final TuningTask task;
    private final CudaModel model;
    private final Map<Map<String, Long>, Double> known = new ConcurrentHashMap<>();

    public CudaAnalysis(TuningTask task) {
        this.task = task;
        this.model = new CudaModel(task.target());
    }

    @Override
    public double seconds(Point point, KernelFeatures features) {
        return known.computeIfAbsent(point.decisionsByName(), _ -> seconds(point));
    }

    private double seconds(Point point) {
        if (!(point.result() instanceof SpacePoint.Scheduled scheduled)) {
            return NEVER_SECONDS;
        }
        try {
            double seconds = model.seconds(
                    point.variant().program(),
                    Lowering.lower(point.variant().program(), scheduled.trace(), task.target(), task.numerics()));
            return Math.min(NEVER_SECONDS, seconds);
        } catch (LoweringException misfit) {
            return NEVER_SECONDS;
        }
    }
}
