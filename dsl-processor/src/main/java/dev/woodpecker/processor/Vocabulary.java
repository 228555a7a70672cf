package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.ir.ReduceOp;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The methods that a kernel may call and that are not kernels or helpers themselves, by class and name. */
final class Vocabulary {
    static final String DSL = "dev.woodpecker.dsl.";

    /** What a call means. */
    sealed interface Meaning {
        /** A function of its arguments. */
        record Function(Op op) implements Meaning {}

        /** A function of the receiver and the arguments. */
        record Method(Op op) implements Meaning {}

        /** {@code x.atOr(outside, i)}: the outside value is the first operand. */
        record ReadOr() implements Meaning {}

        /** {@code index.map(axis -> ...)}. */
        record MapIndex() implements Meaning {}

        record Require() implements Meaning {}

        /** {@code tensor(n, m, (i, j) -> ...)}: a tensor of this kind. */
        record Builder(Kind kind) implements Meaning {}

        /** {@code sum(n, i -> ...)} over elements of this kind. */
        record Reduction(ReduceOp op, Kind element) implements Meaning {}

        /** {@code argMax(n, i -> ...)} over elements of this kind. */
        record ArgReduction(boolean greatest, Kind element) implements Meaning {}
    }

    private static final Map<String, Meaning> MEANINGS = new HashMap<>();

    static {
        ranging("Dsl", Kind.FLOAT, ReduceOp.SUM, ReduceOp.PROD, ReduceOp.MAX, ReduceOp.MIN);
        ranging("Ints", Kind.INT, ReduceOp.SUM, ReduceOp.PROD, ReduceOp.MAX, ReduceOp.MIN);
        ranging("Masks", Kind.BOOL, ReduceOp.ANY, ReduceOp.ALL);
        for (Op op : List.of(
                Op.EXP,
                Op.EXPM1,
                Op.LOG,
                Op.LOG1P,
                Op.SQRT,
                Op.ERF,
                Op.SIN,
                Op.COS,
                Op.TAN,
                Op.ASIN,
                Op.ACOS,
                Op.ATAN,
                Op.SINH,
                Op.COSH,
                Op.TANH,
                Op.ASINH,
                Op.ACOSH,
                Op.ATANH,
                Op.FLOOR,
                Op.CEIL,
                Op.POW,
                Op.IS_NAN,
                Op.IS_INFINITE)) {
            function(DSL + "Dsl", op.text(), op);
        }
        function(DSL + "Dsl", "round", Op.RINT);
        function(DSL + "Dsl", "concat", Op.CONCAT);
        function(DSL + "Ints", "dot4", Op.DOT4);
        MEANINGS.put(DSL + "Dsl.require", new Meaning.Require());
        for (Op op : List.of(
                Op.MIN,
                Op.MAX,
                Op.ABS,
                Op.FLOOR_DIV,
                Op.FLOOR_MOD,
                Op.SQRT,
                Op.FLOOR,
                Op.CEIL,
                Op.RINT,
                Op.SIGNUM,
                Op.EXP,
                Op.EXPM1,
                Op.LOG,
                Op.LOG1P,
                Op.SIN,
                Op.COS,
                Op.TAN,
                Op.ASIN,
                Op.ACOS,
                Op.ATAN,
                Op.SINH,
                Op.COSH,
                Op.TANH,
                Op.POW)) {
            function("java.lang.Math", op.text(), op);
        }
        for (String box : List.of("java.lang.Float", "java.lang.Double")) {
            function(box, "isNaN", Op.IS_NAN);
            function(box, "isInfinite", Op.IS_INFINITE);
        }
        for (String tensor : List.of("Tensor", "IntTensor", "MaskTensor")) {
            method(tensor, Op.RANK, Op.SIZE, Op.SHAPE, Op.AT);
            MEANINGS.put(DSL + tensor + ".atOr", new Meaning.ReadOr());
        }
        function(DSL + "Index", "of", Op.INDEX_OF);
        method(
                "Index",
                Op.RANK,
                Op.GET,
                Op.PRODUCT,
                Op.PICK,
                Op.DROP,
                Op.WEAVE,
                Op.WITH,
                Op.INDEX_CONCAT,
                Op.FIRST,
                Op.FROM,
                Op.BROADCAST,
                Op.WITHIN);
        MEANINGS.put(DSL + "Index.map", new Meaning.MapIndex());
    }

    private Vocabulary() {}

    /** The meaning of a method of a class, by its qualified name. */
    static Optional<Meaning> of(String className, String method) {
        return Optional.ofNullable(MEANINGS.get(className + "." + method));
    }

    private static void ranging(String className, Kind element, ReduceOp... reductions) {
        String prefix = DSL + className + ".";
        MEANINGS.put(prefix + "tensor", new Meaning.Builder(element.tensor()));
        for (ReduceOp op : reductions) {
            MEANINGS.put(prefix + op.text(), new Meaning.Reduction(op, element));
        }
        if (element != Kind.BOOL) {
            MEANINGS.put(prefix + "argMax", new Meaning.ArgReduction(true, element));
            MEANINGS.put(prefix + "argMin", new Meaning.ArgReduction(false, element));
        }
    }

    private static void function(String className, String name, Op op) {
        MEANINGS.put(className + "." + name, new Meaning.Function(op));
    }

    private static void method(String className, Op... ops) {
        for (Op op : ops) {
            MEANINGS.put(DSL + className + "." + op.text(), new Meaning.Method(op));
        }
    }
}
