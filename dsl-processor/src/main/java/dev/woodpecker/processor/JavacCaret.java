package dev.woodpecker.processor;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import dev.woodpecker.processor.Findings.Finding;
import javax.annotation.processing.ProcessingEnvironment;
import javax.tools.Diagnostic.Kind;
import org.jspecify.annotations.Nullable;

/** Reports at javac's tree for a place: the innermost one there, for which javac's caret stands where it begins. */
final class JavacCaret {
    private JavacCaret() {}

    /**
     * Whether the finding could be reported so.
     *
     * @throws IllegalArgumentException if the compiler is not javac
     */
    static boolean report(ProcessingEnvironment environment, Finding finding) {
        Trees trees = Trees.instance(environment);
        TreePath path = trees.getPath(finding.place().source().type());
        if (path == null) {
            return false;
        }
        CompilationUnitTree unit = path.getCompilationUnit();
        Innermost innermost =
                new Innermost(trees.getSourcePositions(), unit, finding.place().offset());
        innermost.scan(unit, null);
        trees.printMessage(Kind.ERROR, finding.diagnostic().message(), innermost.found, unit);
        return true;
    }

    private static final class Innermost extends TreeScanner<@Nullable Void, @Nullable Void> {
        private final SourcePositions positions;
        private final CompilationUnitTree unit;
        private final int offset;
        private Tree found;

        Innermost(SourcePositions positions, CompilationUnitTree unit, int offset) {
            this.positions = positions;
            this.unit = unit;
            this.offset = offset;
            this.found = unit;
        }

        @Override
        public @Nullable Void scan(@Nullable Tree tree, @Nullable Void parameter) {
            if (tree != null && contains(tree)) {
                found = tree;
                return super.scan(tree, parameter);
            }
            return null;
        }

        private boolean contains(Tree tree) {
            return positions.getStartPosition(unit, tree) <= offset && offset < positions.getEndPosition(unit, tree);
        }
    }
}
