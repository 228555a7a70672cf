package dev.woodpecker.compiler.ir;

/** Operators of {@link Expr.Unary}. */
public enum UnaryOp {
    /** Wraps on integers; flips the sign bit on floats. */
    NEG("-"),
    /** Of a {@code BOOL}. */
    NOT("!"),
    /** Of an integer. */
    BIT_NOT("~");

    private final String symbol;

    UnaryOp(String symbol) {
        this.symbol = symbol;
    }

    public String symbol() {
        return symbol;
    }
}
