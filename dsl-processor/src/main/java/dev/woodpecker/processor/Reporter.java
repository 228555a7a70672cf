package dev.woodpecker.processor;

import dev.woodpecker.processor.Findings.Finding;
import javax.annotation.processing.ProcessingEnvironment;
import javax.tools.Diagnostic.Kind;

/**
 * Shows findings. Under javac the caret stands on the very expression; another compiler marks the class, and the message
 * names file, line and column.
 */
final class Reporter {
    private final ProcessingEnvironment environment;

    Reporter(ProcessingEnvironment environment) {
        this.environment = environment;
    }

    void report(Finding finding) {
        if (!reportAtPlace(finding)) {
            environment
                    .getMessager()
                    .printMessage(
                            Kind.ERROR,
                            finding.diagnostic().messageWithPlace(),
                            finding.place().source().type());
        }
    }

    private boolean reportAtPlace(Finding finding) {
        try {
            return JavacCaret.report(environment, finding);
        } catch (IllegalArgumentException | LinkageError notJavac) {
            return false;
        }
    }
}
