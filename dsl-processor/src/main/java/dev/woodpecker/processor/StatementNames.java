package dev.woodpecker.processor;

import java.util.Map;
import org.eclipse.jdt.core.dom.ASTNode;

/** What messages call the statements that a kernel may not have. */
final class StatementNames {
    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(ASTNode.ASSERT_STATEMENT, "an assert statement"),
            Map.entry(ASTNode.BLOCK, "a block of its own"),
            Map.entry(ASTNode.BREAK_STATEMENT, "a break statement"),
            Map.entry(ASTNode.CONTINUE_STATEMENT, "a continue statement"),
            Map.entry(ASTNode.LABELED_STATEMENT, "a label"),
            Map.entry(ASTNode.RETURN_STATEMENT, "a return without a value"),
            Map.entry(ASTNode.SWITCH_STATEMENT, "a switch statement"),
            Map.entry(ASTNode.SYNCHRONIZED_STATEMENT, "a synchronized statement"),
            Map.entry(ASTNode.THROW_STATEMENT, "a throw statement"),
            Map.entry(ASTNode.TRY_STATEMENT, "a try statement"),
            Map.entry(ASTNode.TYPE_DECLARATION_STATEMENT, "a local class"),
            Map.entry(ASTNode.YIELD_STATEMENT, "a yield statement"));

    private StatementNames() {}

    static String of(ASTNode statement) {
        return NAMES.getOrDefault(statement.getNodeType(), BodyReader.shortened(statement));
    }
}
