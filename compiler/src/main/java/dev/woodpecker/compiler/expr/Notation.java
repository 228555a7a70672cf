package dev.woodpecker.compiler.expr;

import java.util.LinkedHashMap;
import java.util.Map;

/** How kernel text writes each {@link Op}; the printer and the parser read the same table. */
sealed interface Notation {
    /** {@code a + b}; higher precedence binds tighter, and operators of one precedence group to the left. */
    record Infix(int precedence) implements Notation {}

    /** {@code -a}. */
    record Prefix() implements Notation {}

    /** {@code a.size(0)}: the first operand is the receiver. */
    record Method() implements Notation {}

    /** {@code sqrt(a)}; {@code name} may be qualified, {@code Math.max}. */
    record Function(String name) implements Notation {}

    /** {@code a[i, j]}. */
    record Read() implements Notation {}

    /** {@code a[i, j] or outside}: binds least of all. */
    record ReadOr() implements Notation {}

    /** {@code condition ? a : b}. */
    record Conditional() implements Notation {}

    int READ_OR = 0;
    int CONDITIONAL = 1;
    int PREFIX = 12;
    int OPERAND = 13;

    static Notation of(Op op) {
        return switch (op) {
            case OR_ELSE -> new Infix(2);
            case AND_ALSO -> new Infix(3);
            case OR -> new Infix(4);
            case XOR -> new Infix(5);
            case AND -> new Infix(6);
            case EQ, NE -> new Infix(7);
            case LT, LE, GT, GE -> new Infix(8);
            case SHL, SHR, USHR -> new Infix(9);
            case ADD, SUB -> new Infix(10);
            case MUL, DIV, REM -> new Infix(11);
            case NEG, NOT, BIT_NOT -> new Prefix();
            case SIZE,
                    RANK,
                    SHAPE,
                    LENGTH,
                    GET,
                    PICK,
                    DROP,
                    WEAVE,
                    WITH,
                    INDEX_CONCAT,
                    PRODUCT,
                    FIRST,
                    FROM,
                    BROADCAST,
                    WITHIN,
                    OUTPUT -> new Method();
            case MIN, MAX -> new Function("Math." + op.text());
            case CONCAT -> new Function("concat");
            case DOT4,
                    FLOOR_DIV,
                    FLOOR_MOD,
                    ABS,
                    TO_FLOAT,
                    TO_INT,
                    SQRT,
                    FLOOR,
                    CEIL,
                    RINT,
                    TRUNC,
                    SIGNUM,
                    EXP,
                    EXPM1,
                    LOG,
                    LOG1P,
                    SIN,
                    COS,
                    TAN,
                    ASIN,
                    ACOS,
                    ATAN,
                    SINH,
                    COSH,
                    TANH,
                    ASINH,
                    ACOSH,
                    ATANH,
                    ERF,
                    POW,
                    IS_NAN,
                    IS_INFINITE,
                    ARRAY,
                    INDEX_OF,
                    OUTPUTS -> new Function(op.text());
            case AT, ELEMENT -> new Read();
            case AT_OR -> new ReadOr();
            case SELECT -> new Conditional();
        };
    }

    /** The sign of a prefix operator. */
    static String prefixSign(Op op) {
        return op == Op.NEG ? "-" : op.text();
    }

    /** Infix operators by their sign. */
    Map<String, Op> INFIX = Spelling.of(Infix.class);

    Map<String, Op> METHODS = Spelling.of(Method.class);

    Map<String, Op> FUNCTIONS = Spelling.of(Function.class);

    /** Finds operations by their spelling. */
    final class Spelling {
        private Spelling() {}

        private static Map<String, Op> of(Class<? extends Notation> kind) {
            Map<String, Op> ops = new LinkedHashMap<>();
            for (Op op : Op.values()) {
                Notation notation = Notation.of(op);
                if (kind.isInstance(notation)) {
                    ops.put(notation instanceof Function function ? function.name() : op.text(), op);
                }
            }
            return Map.copyOf(ops);
        }
    }
}
