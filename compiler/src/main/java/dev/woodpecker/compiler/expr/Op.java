package dev.woodpecker.compiler.expr;

import java.util.List;

/**
 * The first-order operations of a {@link TensorExpr.Apply}; one line each: operands, then result. {@code int} stands for
 * every integer. Functions of floats have the meaning of {@link Math}'s.
 */
public enum Op {
    // Arithmetic on two floats or two ints; DIV and REM on ints are Java's.
    ADD("+"),
    SUB("-"),
    MUL("*"),
    DIV("/"),
    REM("%"),
    FLOOR_DIV("floorDiv"),
    FLOOR_MOD("floorMod"),
    MIN("min"),
    MAX("max"),
    NEG("neg"),
    ABS("abs"),
    // Comparisons of two floats or ints (EQ and NE also of booleans) to boolean.
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    EQ("=="),
    NE("!="),
    // Booleans, or bits of ints; on booleans AND_ALSO and OR_ELSE do not evaluate the right side needlessly.
    AND_ALSO("&&"),
    OR_ELSE("||"),
    NOT("!"),
    AND("&"),
    OR("|"),
    XOR("^"),
    SHL("<<"),
    SHR(">>"),
    USHR(">>>"),
    /** (int, int) to int; see the DSL's function of the name. */
    DOT4("dot4"),
    BIT_NOT("~"),
    /** (boolean, T, T) to T. */
    SELECT("select"),
    // Conversions by value: Java's casts.
    TO_FLOAT("toFloat"),
    TO_INT("toInt"),
    // Functions of floats.
    SQRT("sqrt"),
    FLOOR("floor"),
    CEIL("ceil"),
    RINT("rint"),
    TRUNC("trunc"),
    SIGNUM("signum"),
    EXP("exp"),
    EXPM1("expm1"),
    LOG("log"),
    LOG1P("log1p"),
    SIN("sin"),
    COS("cos"),
    TAN("tan"),
    ASIN("asin"),
    ACOS("acos"),
    ATAN("atan"),
    SINH("sinh"),
    COSH("cosh"),
    TANH("tanh"),
    ASINH("asinh"),
    ACOSH("acosh"),
    ATANH("atanh"),
    ERF("erf"),
    POW("pow"),
    IS_NAN("isNaN"),
    IS_INFINITE("isInfinite"),
    // Shapes and arrays.
    /** (tensor, int) to int. */
    SIZE("size"),
    /** (tensor or Index) to int. */
    RANK("rank"),
    /** (tensor) to Index. */
    SHAPE("shape"),
    /** (int[] or float[] or Tensor[]) to int. */
    LENGTH("length"),
    /** (int[] or float[] or Tensor[], int) to its element. */
    ELEMENT("element"),
    /** (int...) to int[]; also (float...) to float[] and (Tensor...) to Tensor[]. */
    ARRAY("array"),
    // Element access; indices are ints or one Index.
    /** (tensor, int... or Index) to an element. */
    AT("at"),
    /** (outside, tensor, int... or Index) to an element. */
    AT_OR("atOr"),
    // Index algebra; axes are ints or one int[]; the values see Index's methods of the same name.
    /** (int...) to Index; also (int[]) to Index. */
    INDEX_OF("Index.of"),
    /** (Index, int) to int. */
    GET("get"),
    PICK("pick"),
    DROP("drop"),
    /** (Index, Index values, int... or int[] axes). */
    WEAVE("weave"),
    /** (Index, int axis, int value). */
    WITH("with"),
    INDEX_CONCAT("concat"),
    /** (Index) to int: the product of its values. */
    PRODUCT("product"),
    /** (Index, int count). */
    FIRST("first"),
    /** (Index, int axis). */
    FROM("from"),
    /** (Index, Index) to the shape to which both broadcast. */
    BROADCAST("broadcast"),
    /** (Index, Index shape): the position in an operand of that shape, for one in the broadcast result. */
    WITHIN("within"),
    // Tensors.
    /** (int axis, Tensor[]) to Tensor. */
    CONCAT("Dsl.concat"),
    /** (tensor...) to Tensors: the outputs of a kernel in order. */
    OUTPUTS("outputs"),
    /** (Tensors, int constant) to tensor. */
    OUTPUT("output");

    private final String text;

    Op(String text) {
        this.text = text;
    }

    /** The spelling in kernel text: an operator or a function name. */
    public String text() {
        return text;
    }

    /** The kind of the result, given the operands' kinds; an {@code OUTPUT} counts as a {@code Tensor}. */
    public Kind kind(List<Kind> operands) {
        return switch (this) {
            case ADD, SUB, MUL, DIV, REM, FLOOR_DIV, FLOOR_MOD, MIN, MAX, NEG, ABS, AND, OR, XOR -> operands.getFirst();
            case LT, LE, GT, GE, EQ, NE, AND_ALSO, OR_ELSE, NOT, IS_NAN, IS_INFINITE -> Kind.BOOL;
            case SHL, SHR, USHR, DOT4, BIT_NOT, TO_INT, SIZE, RANK, LENGTH, GET, PRODUCT -> Kind.INT;
            case SELECT -> operands.get(1);
            case TO_FLOAT,
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
                    POW -> Kind.FLOAT;
            case SHAPE, INDEX_OF, PICK, DROP, WEAVE, WITH, INDEX_CONCAT, FIRST, FROM, BROADCAST, WITHIN -> Kind.INDEX;
            case ELEMENT, AT -> operands.getFirst().element();
            case AT_OR -> operands.get(1).element();
            case ARRAY ->
                operands.isEmpty() ? Kind.INT_ARRAY : operands.getFirst().array();
            case CONCAT, OUTPUT -> Kind.FLOAT_TENSOR;
            case OUTPUTS -> Kind.TENSORS;
        };
    }
}
