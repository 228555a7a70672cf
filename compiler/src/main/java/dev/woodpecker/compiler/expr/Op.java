package dev.woodpecker.compiler.expr;

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
    /** (int...) to int[]. */
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
}
