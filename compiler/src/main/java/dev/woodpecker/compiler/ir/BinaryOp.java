package dev.woodpecker.compiler.ir;

/** Operators of {@link Expr.Binary}, with their C spelling and binding strength (higher binds tighter). */
public enum BinaryOp {
    ADD("+", 11),
    SUB("-", 11),
    MUL("*", 12),
    /** Truncates towards zero on integers, as in Java and C. */
    DIV("/", 12),
    /** The remainder of {@link #DIV}: takes the sign of the dividend. */
    REM("%", 12),
    /** Propagates NaN; {@code min(-0, +0)} is -0, as Java's {@code Math.min}. */
    MIN("min", 0),
    /** Propagates NaN; {@code max(-0, +0)} is +0, as Java's {@code Math.max}. */
    MAX("max", 0),
    /** Bitwise on integers; logical on {@code BOOL}, where both sides are evaluated. */
    AND("&", 7),
    OR("|", 5),
    XOR("^", 6),
    /** The shift distance is taken modulo the width of the left side, as in Java. */
    SHL("<<", 10),
    /** Arithmetic on signed, logical on unsigned types. */
    SHR(">>", 10),
    /**
     * Of {@code I32} alone: the products of the four bytes of both, unsigned on the left and signed on the right, added up.
     * It fits: at most 4 * 255 * 128.
     */
    DOT4("dot4", 0),
    LT("<", 9),
    LE("<=", 9),
    GT(">", 9),
    GE(">=", 9),
    EQ("==", 8),
    NE("!=", 8);

    private final String symbol;
    private final int precedence;

    BinaryOp(String symbol, int precedence) {
        this.symbol = symbol;
        this.precedence = precedence;
    }

    public String symbol() {
        return symbol;
    }

    /** 0 for the operators that are written as calls. */
    public int precedence() {
        return precedence;
    }

    public boolean isComparison() {
        return switch (this) {
            case LT, LE, GT, GE, EQ, NE -> true;
            case ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4 -> false;
        };
    }
}
