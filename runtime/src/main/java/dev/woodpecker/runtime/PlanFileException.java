package dev.woodpecker.runtime;

/** A plan file cannot be used; the message names it, what is wrong, and what to do. */
public final class PlanFileException extends WoodpeckerException {
    private static final long serialVersionUID = 1L;

    /** Why it cannot. */
    public enum Reason {
        /** It is not what was written once: cut off, or changed. */
        DAMAGED,
        /** It is something else, or of another version of the format. */
        FOREIGN,
        /** Nobody said that its native code may be run. */
        UNTRUSTED,
        /** It has no code for this processor. */
        OTHER_PROCESSOR,
        /** Its kernels may do more to the order of sums than is asked for. */
        OTHER_NUMERICS,
        /** It cannot be made: the model, or this machine, does not allow it. */
        NOT_BUILT
    }

    private final String file;
    private final Reason reason;

    /**
     * @param problem what is wrong, and what to do
     */
    public PlanFileException(String file, Reason reason, String problem) {
        super(file + ": " + problem);
        this.file = file;
        this.reason = reason;
    }

    public PlanFileException(String file, Reason reason, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
        this.file = file;
        this.reason = reason;
    }

    public String file() {
        return file;
    }

    public Reason reason() {
        return reason;
    }
}
