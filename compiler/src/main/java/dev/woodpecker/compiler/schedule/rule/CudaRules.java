package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.target.Target;
import java.util.List;
import java.util.Set;

/** Which rule schedules a stage for a GPU, by the structure of the stage alone. */
final class CudaRules {
    private final ScheduleBuilder builder;
    private final Target target;

    private CudaRules(ScheduleBuilder builder, Target target) {
        this.builder = builder;
        this.target = target;
    }

    static void schedule(ScheduleBuilder builder, Target target) {
        Set<String> inAttention = CudaAttentionRule.schedule(builder, target);
        List<String> stages = builder.nest().program().stages().stream()
                .map(Stage::name)
                .filter(stage -> !inAttention.contains(stage) && builder.isRoot(stage))
                .toList();
        new CudaRules(builder, target).schedule(stages);
    }

    private void schedule(List<String> stages) {
        Set<String> inRows = CudaRowRule.schedule(builder);
        for (String stage : stages) {
            if (!inRows.contains(stage) && !CudaContractionRule.schedule(builder, stage, target)) {
                CudaElementRule.schedule(builder, stage, target);
            }
        }
    }
}
