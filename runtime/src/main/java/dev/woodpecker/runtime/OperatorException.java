package dev.woodpecker.runtime;

/** An operator cannot be applied to the values it gets: shapes that disagree, an index out of range, a step of 0. */
public final class OperatorException extends WoodpeckerException {

    private static final long serialVersionUID = 1L;

    /**
     * @param place the node
     * @param problem what is wrong with its inputs, and what is allowed
     */
    public OperatorException(String place, String problem) {
        super(place + ": " + problem);
    }
}
