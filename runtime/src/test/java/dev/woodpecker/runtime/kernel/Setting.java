package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.Map;

/** What code is made for. Layouts are those that the schedule prefers, or all row-major. */
record Setting(Target target, Numerics numerics, boolean preferredLayouts) {
    static Setting strict(String target) {
        return new Setting(Target.parse(target), Numerics.STRICT, false);
    }

    static Setting fast(String target, boolean preferredLayouts) {
        return new Setting(Target.parse(target), Numerics.FP32, preferredLayouts);
    }

    LoweredKernel lower(TensorProgram program) {
        Map<String, LayoutMap> layouts =
                preferredLayouts ? DefaultSchedule.preferredLayouts(program, target, numerics) : Map.of();
        return Lowering.lower(program, DefaultSchedule.of(program, target, numerics, layouts), target, numerics);
    }

    @Override
    public String toString() {
        return target.name() + " " + numerics.text() + (preferredLayouts ? " preferred layouts" : "");
    }
}
