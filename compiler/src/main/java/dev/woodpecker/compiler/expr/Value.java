package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import java.util.List;

/** What a {@link TensorExpr} evaluates to when a kernel is specialised. */
sealed interface Value {
    /**
     * An element, index or condition. {@code expr} has the type that arithmetic is done in, {@code stored} is the
     * element type that its operands have in memory. A {@code weak} value (a literal, an attribute, a size, an index, an int
     * made a float) takes on the type of whatever it meets. An element of kind {@code FLOAT} whose {@code stored} type is
     * no float type is one that the kernel may move but not compute with.
     */
    record Scalar(Kind kind, Expr expr, DType stored, boolean weak) implements Value {
        /** A value of the index kind. */
        static Scalar index(Expr expr) {
            return new Scalar(Kind.INT, expr, DType.I64, true);
        }

        static Scalar bool(Expr expr) {
            return new Scalar(Kind.BOOL, expr, DType.BOOL, false);
        }

        boolean isMovedOnly() {
            return kind == Kind.FLOAT && !stored.isFloat();
        }
    }

    /** An {@code Index} or an {@code int[]}. */
    record Ints(List<Expr> values) implements Value {
        public Ints {
            values = List.copyOf(values);
        }
    }

    /** A {@code float[]}. */
    record Reals(List<Scalar> values) implements Value {
        public Reals {
            values = List.copyOf(values);
        }
    }

    /** An input or a stage; its elements in memory have type {@code type}, and {@code stored} and {@code weak} as a {@link Scalar}. */
    record Tensor(String name, Kind kind, DType type, DType stored, boolean weak, List<Expr> shape) implements Value {
        public Tensor {
            shape = List.copyOf(shape);
        }
    }

    /** An input that is not there: every read of it is {@code neutral}. */
    record Absent(Scalar neutral) implements Value {}

    /** Tensors in a row: a variadic input, or the outputs of a kernel. */
    record Tensors(List<Value> tensors) implements Value {
        public Tensors {
            tensors = List.copyOf(tensors);
        }
    }

    /** One of several tensors, chosen by an index that is no constant. */
    record Choice(List<Value> tensors, Expr position) implements Value {
        public Choice {
            tensors = List.copyOf(tensors);
        }
    }
}
