package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.ir.Table;

/** What a method that is inlined is called with. */
sealed interface Argument {
    record Value(TensorExpr expression) implements Argument {}

    /** A constant array of several axes: helpers have them as parameters, kernels have not. */
    record Constants(Table table) implements Argument {}
}
