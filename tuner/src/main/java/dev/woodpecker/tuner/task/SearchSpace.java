package dev.woodpecker.tuner.task;

import dev.woodpecker.compiler.schedule.ChoicePoint;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** What a search moves in: every chooser leads to a point, the same for the same answers. */
@FunctionalInterface
public interface SearchSpace {
    /** The name of the first choice where a task has several variants; its values are their indices. */
    String VARIANT = "variant";

    Point point(Chooser chooser);

    /** The variants of a task, and the schedules of each. */
    static SearchSpace of(TuningTask task) {
        long preferred = task.kernel().preferred(task.target(), task.numerics());
        return chooser -> {
            List<Decision> decisions = new ArrayList<>();
            int index = 0;
            if (task.variants().size() > 1) {
                ChoicePoint choice = new ChoicePoint(
                        VARIANT,
                        LongStream.range(0, task.variants().size()).boxed().toList(),
                        preferred);
                decisions.add(new Decision(choice, chooser.choose(choice)));
                index = Math.toIntExact(decisions.getFirst().value());
            }
            Variant variant = task.variants().get(index);
            SpacePoint result = new ScheduleSpace(
                            variant.program(),
                            task.target(),
                            task.numerics(),
                            task.layouts(),
                            variant.constants(task.constants()))
                    .point(chooser);
            decisions.addAll(result.decisions());
            return new Point(variant, decisions, result);
        };
    }
}
