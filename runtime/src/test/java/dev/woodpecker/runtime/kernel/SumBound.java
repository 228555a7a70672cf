package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * How far sums of products may be from their value when terms are added in any order and products are not rounded:
 * {@code 8 * sqrt(K) * 2^-24 * sum|terms|}. The sums of absolute terms come from the program itself, run on absolute values
 * with plus in place of every minus; transforms, like Winograd's, count at the size of what they add up.
 *
 * @param absolute sum|terms| of each output element
 * @param terms K, summed over the stages that follow each other
 */
record SumBound(Map<String, HostTensor> absolute, double terms) implements Closeness {
    /** Empty where the program is more than sums, differences and products. */
    static Optional<SumBound> of(TensorProgram program, Map<String, HostTensor> inputs) {
        if (!program.stages().stream().allMatch(SumBound::isLinear)) {
            return Optional.empty();
        }
        TensorProgram absolute = program.withStages(
                program.stages().stream().map(SumBound::absolute).toList());
        Map<String, HostTensor> values = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> values.put(name, absolute(tensor)));
        double terms = program.stages().stream().mapToDouble(SumBound::terms).sum();
        return Optional.of(new SumBound(Interpreter.run(absolute, values), terms));
    }

    @Override
    public boolean allows(String output, int position, DType type, double expected, double actual) {
        double sum = Objects.requireNonNull(absolute.get(output)).real(position);
        double bound = 8 * Math.sqrt(terms) * 0x1p-24 * sum;
        double stored = type == DType.F32 ? 0 : Accuracy.ulp(type, sum);
        return Math.abs(expected - actual) <= bound + stored + Float.MIN_NORMAL;
    }

    private static double terms(Stage stage) {
        double points = 1;
        for (Axis axis : stage.reduction().map(Stage.Reduction::axes).orElse(List.of())) {
            points *= ((Expr.IntConst) axis.extent()).value();
        }
        return points;
    }

    private static boolean isLinear(Stage stage) {
        return isLinear(stage.element())
                && stage.reduction().map(r -> isLinear(r.body())).orElse(true);
    }

    private static boolean isLinear(Expr e) {
        return !e.anyMatch(n -> switch (n) {
            case Expr.Call c -> c.function() != MathFunction.ABS;
            case Expr.Binary b
            when b.left().type().isFloat() ->
                switch (b.op()) {
                    case ADD, SUB, MUL -> false;
                    // Counts are exact.
                    case DIV -> !(b.right() instanceof Expr.Cast || b.right() instanceof Expr.FloatConst);
                    case MIN, MAX, REM, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> true;
                };
            case Expr other -> false;
        });
    }

    private static Stage absolute(Stage stage) {
        Optional<Stage.Reduction> reduction =
                stage.reduction().map(r -> new Stage.Reduction(r.op(), r.type(), r.axes(), absolute(r.body())));
        return new Stage(
                stage.name(), stage.type(), stage.axes(), reduction, absolute(stage.element()), stage.origin());
    }

    private static Expr absolute(Expr e) {
        return e.rewrite(n -> switch (n) {
            case Expr.Binary(BinaryOp op, Expr a, Expr b)
            when op == BinaryOp.SUB && a.type().isFloat() -> new Expr.Binary(BinaryOp.ADD, a, b);
            case Expr.Unary(UnaryOp op, Expr a)
            when op == UnaryOp.NEG && a.type().isFloat() -> a;
            case Expr.FloatConst(double value, DType type) -> new Expr.FloatConst(Math.abs(value), type);
            case Expr.TableEntry(Table table, var indices)
            when table.type().isFloat() -> new Expr.TableEntry(absolute(table), indices);
            case Expr other -> other;
        });
    }

    private static Table absolute(Table table) {
        double[] values = DoubleStream.of(table.values()).map(Math::abs).toArray();
        return new Table(table.name(), table.type(), table.shape(), values);
    }

    private static HostTensor absolute(HostTensor tensor) {
        if (!tensor.type().isFloat()) {
            return tensor;
        }
        double[] values = new double[tensor.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.abs(tensor.real(i));
        }
        return HostTensor.ofReals(tensor.type(), values, tensor.shape());
    }
}
