package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.target.Target;

/**
 * Contractions of words of four bytes. They are tiled as those of floats are, a word for a float; what brings bytes into
 * words comes before in loops of its own: each word is read by all columns, and stands in the way of none of their tiles.
 */
final class WordProducts {
    private WordProducts() {}

    /** Whether {@link ContractionRule} tiles the stage, and it is of words. */
    static boolean serves(Stage stage, Target target) {
        return isOfWords(stage)
                && Contraction.of(stage)
                        .filter(contraction -> ContractionRule.serves(contraction, target))
                        .isPresent();
    }

    /** Whether the stage sums words under a window, tiled or, where groups are of few columns, not: each is read often. */
    static boolean isWindow(Stage stage) {
        return isOfWords(stage) && stage.reduction().orElseThrow().axes().size() > 1;
    }

    private static boolean isOfWords(Stage stage) {
        return stage.reduction().isPresent()
                && stage.reduction().get().body() instanceof Expr.Binary(BinaryOp op, Expr _, Expr _)
                && op == BinaryOp.DOT4;
    }
}
