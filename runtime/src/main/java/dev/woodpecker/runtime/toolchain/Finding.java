package dev.woodpecker.runtime.toolchain;

/**
 * One line of what {@code wpk doctor} tells.
 *
 * @param subject what was looked for
 * @param status whether it is there
 * @param detail what exactly was found, or what is the matter
 * @param remedy what to do about it; empty when there is nothing to do
 */
public record Finding(String subject, Status status, String detail, String remedy) {
    /** How a search ended. */
    public enum Status {
        FOUND,
        /** Not there; something else does its work, or it is only needed for more speed or another device. */
        ABSENT,
        /** Without it, or as it is, something asked for cannot work. */
        PROBLEM
    }

    static Finding found(String subject, String detail) {
        return new Finding(subject, Status.FOUND, detail, "");
    }

    static Finding absent(String subject, String detail, String remedy) {
        return new Finding(subject, Status.ABSENT, detail, remedy);
    }

    static Finding problem(String subject, String detail, String remedy) {
        return new Finding(subject, Status.PROBLEM, detail, remedy);
    }
}
