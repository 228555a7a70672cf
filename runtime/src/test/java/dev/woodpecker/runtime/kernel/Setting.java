package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What code is made for. */
record Setting(Target target, Numerics numerics, Tensors tensors) {
    /** How inputs and outputs lie in memory. */
    enum Tensors {
        ROW_MAJOR,
        /** As the schedule prefers. */
        PREFERRED,
        /** Every second of them as the schedule prefers. */
        PARTLY_PREFERRED,
        /** Channels in blocks wherever they are whole blocks: what a kernel gets from its neighbours in a network. */
        BLOCKED
    }

    static Setting strict(String target) {
        return new Setting(Target.parse(target), Numerics.STRICT, Tensors.ROW_MAJOR);
    }

    static Setting fast(String target, Tensors tensors) {
        return new Setting(Target.parse(target), Numerics.FP32, tensors);
    }

    LoweredKernel lower(TensorProgram program) {
        return Lowering.lower(
                program, DefaultSchedule.of(program, target, numerics, layouts(program)), target, numerics);
    }

    Map<String, LayoutMap> layouts(TensorProgram program) {
        return switch (tensors) {
            case ROW_MAJOR -> Map.of();
            case PREFERRED -> DefaultSchedule.preferredLayouts(program, target, numerics);
            case PARTLY_PREFERRED -> everySecond(DefaultSchedule.preferredLayouts(program, target, numerics));
            case BLOCKED -> blocked(program);
        };
    }

    private static Map<String, LayoutMap> everySecond(Map<String, LayoutMap> layouts) {
        Map<String, LayoutMap> kept = new HashMap<>();
        boolean keep = false;
        for (Map.Entry<String, LayoutMap> layout : new TreeMap<>(layouts).entrySet()) {
            if (keep) {
                kept.put(layout.getKey(), layout.getValue());
            }
            keep = !keep;
        }
        return kept;
    }

    private Map<String, LayoutMap> blocked(TensorProgram program) {
        int block = target.lanes(4);
        Map<String, LayoutMap> layouts = new HashMap<>();
        program.inputs().forEach(i -> block(i.name(), i.shape(), block, layouts));
        program.outputs().forEach(o -> block(o, program.stage(o).orElseThrow().shape(), block, layouts));
        return layouts;
    }

    private static void block(String tensor, List<Expr> shape, int block, Map<String, LayoutMap> layouts) {
        if (shape.size() == 4 && KernelCase.extents(shape)[1] % block == 0) {
            layouts.put(tensor, LayoutMap.rowMajor(4).blocked(1, block));
        }
    }

    @Override
    public String toString() {
        return target.name() + " " + numerics.text() + " " + tensors.name().toLowerCase(java.util.Locale.ROOT);
    }
}
