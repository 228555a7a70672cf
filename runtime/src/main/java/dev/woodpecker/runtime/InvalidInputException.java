package dev.woodpecker.runtime;

/** What was given to a model does not fit it: a name that it does not have, another rank, extent or element type. */
public final class InvalidInputException extends WoodpeckerException {

    private static final long serialVersionUID = 1L;

    public InvalidInputException(String message) {
        super(message);
    }
}
