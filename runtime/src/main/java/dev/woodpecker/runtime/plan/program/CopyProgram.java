package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The program {@code y[i...] = x[i...]}: with different layouts for x and y it packs, unpacks and transposes. */
public final class CopyProgram {
    public static final String INPUT = "x";
    public static final String OUTPUT = "y";

    private CopyProgram() {}

    public static TensorProgram of(DType type, int[] shape) {
        List<Expr> extents = new ArrayList<>();
        List<Axis> axes = new ArrayList<>();
        List<Expr> index = new ArrayList<>();
        for (int extent : shape) {
            Axis axis = new Axis("i" + axes.size(), Expr.index(extent));
            extents.add(axis.extent());
            axes.add(axis);
            index.add(axis.variable());
        }
        Expr element = new Expr.Read(INPUT, type, index, Optional.empty(), Origin.NONE);
        return new TensorProgram(
                "copy",
                List.of(new TensorProgram.Declaration(INPUT, type, extents)),
                List.of(new Stage(OUTPUT, type, axes, Optional.empty(), element, Origin.NONE)),
                List.of(OUTPUT));
    }
}
