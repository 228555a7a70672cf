package dev.woodpecker.runtime;

/**
 * A file is not what it should be: truncated, not a model at all, or a model whose graph contradicts itself. The file
 * has to be made anew; for a sound model that asks for too much see {@link UnsupportedModelException}.
 */
public final class ModelFormatException extends WoodpeckerException {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final String place;

    /**
     * @param file the file that was read
     * @param place where in it: a byte offset, a node, a tensor; empty for the file as a whole
     * @param problem what is wrong there, and what was expected
     */
    public ModelFormatException(String file, String place, String problem) {
        super(text(file, place, problem));
        this.file = file;
        this.place = place;
    }

    public ModelFormatException(String file, String place, String problem, Throwable cause) {
        super(text(file, place, problem), cause);
        this.file = file;
        this.place = place;
    }

    private static String text(String file, String place, String problem) {
        return place.isEmpty() ? file + ": " + problem : file + ": " + place + ": " + problem;
    }

    public String file() {
        return file;
    }

    public String place() {
        return place;
    }
}
