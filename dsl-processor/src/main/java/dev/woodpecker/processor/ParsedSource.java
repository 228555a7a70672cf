package dev.woodpecker.processor;

import dev.woodpecker.compiler.ir.Origin;
import java.util.Arrays;
import java.util.Optional;
import javax.lang.model.element.TypeElement;
import org.eclipse.jdt.core.compiler.IProblem;
import org.eclipse.jdt.core.dom.ASTNode;
import org.eclipse.jdt.core.dom.CompilationUnit;

/**
 * A source file, parsed and bound.
 *
 * @param fileName without folders: {@code Convolution.java}
 * @param type the top-level class for which it was found
 */
record ParsedSource(String fileName, TypeElement type, CompilationUnit unit) {
    Place place(ASTNode node) {
        return new Place(this, node.getStartPosition());
    }

    Origin origin(ASTNode node) {
        return place(node).origin();
    }

    /** A Java error within a node, the first. */
    Optional<IProblem> errorAt(ASTNode node) {
        int start = node.getStartPosition();
        return Arrays.stream(unit.getProblems())
                .filter(problem -> problem.isError()
                        && problem.getSourceStart() >= start
                        && problem.getSourceEnd() < start + node.getLength())
                .findFirst();
    }

    /** A place in a source, as an offset in characters from its start. */
    record Place(ParsedSource source, int offset) {
        Origin origin() {
            return new Origin(
                    source.fileName, source.unit.getLineNumber(offset), source.unit.getColumnNumber(offset) + 1);
        }
    }
}
