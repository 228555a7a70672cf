package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.Map;
import java.util.Set;

/**
 * The schedules that the rules can make of a program. The rules are one program of choices: whoever answers them is led to
 * a schedule, {@link Chooser#preferred} to the default one, a search to others. Rules look at the structure of stages, never
 * at an operator's name, so that a user's kernel has a space like the library's.
 *
 * @param layouts of inputs and outputs that are not row-major and are not the space's to choose
 * @param constants inputs that are known before the kernel runs: how they lie in memory is the schedule's choice, a
 *     {@link Layout} step of its trace, and they are brought into that layout once
 */
public record ScheduleSpace(
        TensorProgram program,
        Target target,
        Numerics numerics,
        Map<String, LayoutMap> layouts,
        Set<String> constants) {
    public ScheduleSpace {
        layouts = Map.copyOf(layouts);
        constants = Set.copyOf(constants);
    }

    /** Where the chooser leads; the same for the same answers. */
    public SpacePoint point(Chooser chooser) {
        return DefaultSchedule.point(this, chooser);
    }
}
