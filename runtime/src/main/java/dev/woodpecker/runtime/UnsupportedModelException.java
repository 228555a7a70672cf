package dev.woodpecker.runtime;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;

/** A sound model that needs something Woodpecker does not have. Lists everything that is missing, not only the first. */
public final class UnsupportedModelException extends WoodpeckerException {

    private static final long serialVersionUID = 1L;

    /** What kind of thing is missing. */
    public enum Subject {
        OPERATOR,
        ATTRIBUTE,
        TYPE,
        OPSET
    }

    /**
     * One thing that is missing.
     *
     * @param name the operator, attribute, type or opset: what a summary names
     * @param place the node or value, with the operator: {@code node 'lstm_1' (LSTM)}
     * @param problem what is not supported there
     * @param supported what is supported in its stead; empty if nothing is
     */
    public record Problem(Subject subject, String name, String place, String problem, String supported) {
        @Override
        public String toString() {
            return place + ": " + problem;
        }
    }

    private final String file;
    private final transient List<Problem> problems;

    public UnsupportedModelException(String file, List<Problem> problems) {
        super(text(file, problems));
        this.file = file;
        this.problems = List.copyOf(problems);
    }

    private static String text(String file, List<Problem> problems) {
        if (problems.isEmpty()) {
            throw new IllegalArgumentException("no problem to report in " + file);
        }
        StringBuilder text = new StringBuilder(file).append(": not supported: ");
        text.append(problems.stream().map(Problem::name).distinct().collect(Collectors.joining(", ")));
        // Problems with the same remedy stand together, so that a long list of what is supported is there once.
        problems.stream()
                .collect(Collectors.groupingBy(Problem::supported, LinkedHashMap::new, Collectors.toList()))
                .forEach((supported, group) -> {
                    group.forEach(problem -> text.append("\n  ").append(problem));
                    if (!supported.isEmpty()) {
                        text.append("\n    supported: ").append(supported);
                    }
                });
        return text.toString();
    }

    public String file() {
        return file;
    }

    public List<Problem> problems() {
        return problems;
    }
}
