package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Numerics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Single elements of a program by definition, as the interpreter computes them, with a bound of what rounding in another
 * order may change. Only what an element needs is computed; elements of intermediate stages are kept.
 */
final class Definition {
    /** The program does with these inputs what a program must not. */
    static final class Undefined extends RuntimeException {
        private static final long serialVersionUID = 1;

        Undefined(String message) {
            super(message);
        }
    }

    /** An element: its integer or the bits of its {@code double}; an infinite error means that it may be anything. */
    record Element(long bits, double error) {}

    /** A tensor whose elements can be asked for. */
    interface Tensor {
        DType type();

        long[] extents();

        /** Sets {@link #error} and, where an integer is undecided, {@link #undecided}. */
        double real(long position);

        long integer(long position);
    }

    final ErrorModel errors;
    /** Of the float that was computed last. */
    double error;
    /** Whether a condition or an integer since this was last cleared could be another one after rounding differently. */
    boolean undecided;

    private long points;
    private final Map<String, Tensor> tensors = new HashMap<>();

    Definition(TensorProgram program, Numerics numerics, InputRange range) {
        this.errors = new ErrorModel(numerics);
        for (int i = 0; i < program.inputs().size(); i++) {
            TensorProgram.Declaration input = program.inputs().get(i);
            tensors.put(input.name(), new Input(i, input.type(), constants(input.shape()), range));
        }
        for (Stage stage : program.stages()) {
            tensors.put(stage.name(), new StageTensor(stage));
        }
    }

    /** The points of reductions that were computed so far: the work done. */
    long points() {
        return points;
    }

    long[] extents(String tensor) {
        return tensor(tensor).extents().clone();
    }

    /**
     * An element of an output or of any other tensor by its row-major position.
     *
     * @throws Undefined if the program reads out of bounds or divides by zero
     */
    Element element(String name, long position) {
        Tensor tensor = tensor(name);
        error = 0;
        undecided = false;
        long bits =
                tensor.type().isFloat() ? Double.doubleToRawLongBits(tensor.real(position)) : tensor.integer(position);
        return new Element(
                bits, undecided ? Double.POSITIVE_INFINITY : tensor.type().isFloat() ? error : 0);
    }

    Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("there is no tensor " + name);
        }
        return tensor;
    }

    private static long[] constants(List<Expr> shape) {
        return shape.stream()
                .mapToLong(extent -> IndexMath.constant(extent)
                        .orElseThrow(() -> new IllegalArgumentException("an extent that is not bound: " + extent)))
                .toArray();
    }

    private final class Input implements Tensor {
        private final int ordinal;
        private final DType type;
        private final long[] extents;
        private final InputRange range;

        Input(int ordinal, DType type, long[] extents, InputRange range) {
            this.ordinal = ordinal;
            this.type = type;
            this.extents = extents;
            this.range = range;
        }

        @Override
        public DType type() {
            return type;
        }

        @Override
        public long[] extents() {
            return extents;
        }

        @Override
        public double real(long position) {
            error = 0;
            return InputRange.real(ordinal, type, position);
        }

        @Override
        public long integer(long position) {
            return range.integer(ordinal, type, position);
        }
    }

    private final class StageTensor implements Tensor {
        private final Stage stage;
        private final long[] extents;
        private final long[] variables;
        private final ElementMemo memo = new ElementMemo();
        private final DefinitionCode.Real real;
        private final DefinitionCode.Whole whole;
        private final Runnable reduction;
        private double accumulator;
        private double accumulatorError;
        private long integerAccumulator;

        StageTensor(Stage stage) {
            this.stage = stage;
            this.extents = constants(stage.shape());
            DefinitionCode code = new DefinitionCode(Definition.this, this::accumulator, () -> integerAccumulator);
            stage.axes().forEach(axis -> code.slot(axis.name()));
            this.reduction = stage.reduction().map(r -> reduction(r, code)).orElse(() -> {});
            this.real = stage.type().isFloat() ? code.real(stage.element()) : () -> 0;
            this.whole = stage.type().isFloat() ? () -> 0 : code.whole(stage.element());
            this.variables = code.variables();
        }

        private double accumulator() {
            error = accumulatorError;
            return accumulator;
        }

        @Override
        public DType type() {
            return stage.type();
        }

        @Override
        public long[] extents() {
            return extents;
        }

        @Override
        public double real(long position) {
            int slot = known(position);
            error = memo.error(slot);
            return Double.longBitsToDouble(memo.bits(slot));
        }

        @Override
        public long integer(long position) {
            int slot = known(position);
            undecided |= memo.error(slot) > 0;
            return memo.bits(slot);
        }

        private int known(long position) {
            int slot = memo.find(position);
            if (slot >= 0) {
                return slot;
            }
            boolean outer = undecided;
            undecided = false;
            long rest = position;
            for (int axis = extents.length - 1; axis >= 0; axis--) {
                variables[axis] = rest % extents[axis];
                rest /= extents[axis];
            }
            reduction.run();
            long bits = type().isFloat() ? Double.doubleToRawLongBits(real.value()) : whole.value();
            double own = undecided ? Double.POSITIVE_INFINITY : type().isFloat() ? error : 0;
            memo.put(position, bits, own);
            undecided = outer;
            return memo.find(position);
        }

        private Runnable reduction(Stage.Reduction r, DefinitionCode code) {
            List<Integer> slots =
                    r.axes().stream().map(axis -> code.slot(axis.name())).toList();
            List<DefinitionCode.Whole> trips =
                    r.axes().stream().map(Axis::extent).map(code::whole).toList();
            Runnable body = r.type().isFloat() ? realBody(r, code) : wholeBody(r, code);
            Runnable loops = body;
            for (int i = slots.size() - 1; i >= 0; i--) {
                loops = loop(code, slots.get(i), trips.get(i), loops);
            }
            return r.type().isFloat() ? realReduction(r, loops) : wholeReduction(r, loops);
        }

        private Runnable loop(DefinitionCode code, int slot, DefinitionCode.Whole trips, Runnable body) {
            return () -> {
                long[] all = code.variables();
                long count = trips.value();
                for (long i = 0; i < count; i++) {
                    all[slot] = i;
                    body.run();
                }
            };
        }

        // Of the reduction that runs: sums keep what their bound needs.
        private double magnitudes;
        private long terms;

        private Runnable realReduction(Stage.Reduction r, Runnable loops) {
            double identity = r.op().identity(r.type()) instanceof Expr.FloatConst c ? c.value() : 0;
            return () -> {
                accumulator = identity;
                accumulatorError = 0;
                magnitudes = 0;
                terms = 0;
                loops.run();
                points += terms;
                accumulatorError += switch (r.op()) {
                    case SUM -> errors.sum(r.type(), (double) terms, magnitudes);
                    case PROD -> errors.product(r.type(), (double) terms, accumulator);
                    case MAX, MIN, ANY, ALL -> 0;
                };
            };
        }

        private Runnable realBody(Stage.Reduction r, DefinitionCode code) {
            DefinitionCode.Real body = code.real(r.body());
            DType type = r.type();
            return switch (r.op()) {
                case SUM ->
                    () -> {
                        double term = body.value();
                        accumulatorError += error;
                        magnitudes += Math.abs(term);
                        terms++;
                        accumulator = DefinitionCode.round(type, accumulator + term);
                    };
                case PROD ->
                    () -> {
                        double factor = body.value();
                        accumulatorError = Math.abs(accumulator) * error + Math.abs(factor) * accumulatorError;
                        terms++;
                        accumulator = DefinitionCode.round(type, accumulator * factor);
                    };
                case MAX ->
                    () -> {
                        accumulator = Math.max(accumulator, body.value());
                        accumulatorError = Math.max(accumulatorError, error);
                        terms++;
                    };
                case MIN ->
                    () -> {
                        accumulator = Math.min(accumulator, body.value());
                        accumulatorError = Math.max(accumulatorError, error);
                        terms++;
                    };
                case ANY, ALL -> throw new IllegalArgumentException("no reduction of floats: " + r.op());
            };
        }

        private Runnable wholeReduction(Stage.Reduction r, Runnable loops) {
            long identity = r.op().identity(r.type()) instanceof Expr.IntConst c ? c.value() : 0;
            return () -> {
                integerAccumulator = identity;
                terms = 0;
                loops.run();
                points += terms;
            };
        }

        private Runnable wholeBody(Stage.Reduction r, DefinitionCode code) {
            DefinitionCode.Whole body = code.whole(r.body());
            DType type = r.type();
            ReduceOp op = r.op();
            return () -> {
                terms++;
                integerAccumulator = DefinitionCode.whole(op.combine(), type, integerAccumulator, body.value());
            };
        }
    }
}
