package dev.woodpecker.runtime.vendor;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A program all of whose tensors are of one type of floats, as the same of single precision, which is what libraries'
 * descriptions are read from.
 *
 * @param element what its tensors are of
 * @param single without the conversions at its edges
 */
public record HalfProgram(DType element, TensorProgram single) {
    /** Nothing where types are mixed: a library takes one. */
    public static Optional<HalfProgram> of(TensorProgram program) {
        Set<DType> types = new HashSet<>();
        program.inputs().forEach(input -> types.add(input.type()));
        program.stages().forEach(stage -> types.add(stage.type()));
        if (types.size() != 1) {
            return Optional.empty();
        }
        DType element = types.iterator().next();
        return switch (element) {
            case F32 -> Optional.of(new HalfProgram(element, program));
            case F16, BF16 -> Optional.of(new HalfProgram(element, single(program, element)));
            default -> Optional.empty();
        };
    }

    private static TensorProgram single(TensorProgram program, DType half) {
        List<TensorProgram.Declaration> inputs = program.inputs().stream()
                .map(input -> new TensorProgram.Declaration(input.name(), DType.F32, input.shape()))
                .toList();
        List<Stage> stages = program.stages().stream()
                .map(stage -> new Stage(
                        stage.name(),
                        DType.F32,
                        stage.axes(),
                        stage.reduction()
                                .map(r -> new Stage.Reduction(r.op(), r.type(), r.axes(), single(r.body(), half))),
                        single(stage.element(), half),
                        stage.origin()))
                .toList();
        return new TensorProgram(program.name(), inputs, stages, program.outputs());
    }

    private static Expr single(Expr e, DType half) {
        Expr operands = e.mapOperands(operand -> single(operand, half));
        return switch (operands) {
            case Expr.Cast(DType to, Expr operand) when to == half || to == operand.type() -> operand;
            case Expr.FloatConst(double value, DType type) when type == half -> new Expr.FloatConst(value, DType.F32);
            case Expr.Read read
            when read.type() == half ->
                new Expr.Read(read.tensor(), DType.F32, read.indices(), read.outside(), read.origin());
            default -> operands;
        };
    }
}
