package dev.woodpecker.runtime;

/**
 * What goes wrong when a model is loaded or run, other than by a fault in Woodpecker itself. The message says what is
 * wrong, where, and what is allowed instead.
 */
public abstract sealed class WoodpeckerException extends RuntimeException
        permits ConfigurationException,
                InvalidInputException,
                MachineException,
                MemoryLimitException,
                ModelFormatException,
                OperatorException,
                PlanFileException,
                UnsupportedModelException {

    private static final long serialVersionUID = 1L;

    WoodpeckerException(String message) {
        super(message);
    }

    WoodpeckerException(String message, Throwable cause) {
        super(message, cause);
    }
}
