package dev.woodpecker.compiler.ir;

/** An axis of a stage or of a reduction: its variable runs from 0 to {@code extent - 1}. */
public record Axis(Expr.Var variable, Expr extent) {
    public Axis(String name, Expr extent) {
        this(Expr.Var.index(name), extent);
    }

    public String name() {
        return variable.name();
    }
}
