package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What of ONNX Woodpecker leaves out, and why: messages and {@code docs/operators.md} say it. */
public final class Gaps {

    /** Why something is left out. */
    public enum Reason {
        TRAINING("training: only inference is run"),
        RANDOM("random: its results differ from run to run"),
        SEQUENCES("sequences, optional values and maps: what goes in and out is tensors"),
        STRINGS("strings: elements are numbers and truth values"),
        IMAGES("decoding of image files: that is the application's"),
        TABLES("classical machine learning of the domain ai.onnx.ml"),
        PREVIEW("preview: ONNX may still change it"),
        SMALL_TYPES("floats of 8 bits and less, integers of less than 8 bits"),
        COMPLEX("complex elements: transforms take pairs of reals"),
        RARE("rare in models of today");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        /** In words. */
        public String text() {
            return text;
        }
    }

    private static final Map<Reason, List<String>> OPERATORS = Map.of(
            Reason.RANDOM,
            List.of(
                    "Bernoulli",
                    "Multinomial",
                    "RandomNormal",
                    "RandomNormalLike",
                    "RandomUniform",
                    "RandomUniformLike"),
            Reason.SEQUENCES,
            List.of("Optional"),
            Reason.STRINGS,
            List.of("RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer"),
            Reason.IMAGES,
            List.of("ImageDecoder"),
            Reason.RARE,
            List.of("MaxRoiPool"));

    private static final Map<String, Reason> TYPES = Map.of(
            "string", Reason.STRINGS,
            "sequence", Reason.SEQUENCES,
            "optional", Reason.SEQUENCES,
            "map", Reason.SEQUENCES,
            "complex64", Reason.COMPLEX,
            "complex128", Reason.COMPLEX);

    private static final Map<String, Reason> BY_OPERATOR = OPERATORS.entrySet().stream()
            .flatMap(entry -> entry.getValue().stream().map(name -> Map.entry(name, entry.getKey())))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    private Gaps() {}

    /** Why an operator, type or attribute is left out; empty for what is not known to be. */
    public static Optional<Reason> reason(Subject subject, String name) {
        return switch (subject) {
            case OPERATOR -> operator(name);
            case TYPE ->
                Optional.ofNullable(TYPES.get(name))
                        .or(() -> name.matches("float[48].*|u?int[24]")
                                ? Optional.of(Reason.SMALL_TYPES)
                                : Optional.empty());
            case ATTRIBUTE -> name.equals("training_mode") ? Optional.of(Reason.TRAINING) : Optional.empty();
            case OPSET -> Optional.empty();
        };
    }

    private static Optional<Reason> operator(String name) {
        if (name.startsWith("ai.onnx.preview.training::")) {
            return Optional.of(Reason.TRAINING);
        }
        if (name.startsWith("ai.onnx.preview::")) {
            return Optional.of(Reason.PREVIEW);
        }
        if (name.startsWith("ai.onnx.ml::")) {
            return Optional.of(Reason.TABLES);
        }
        return Optional.ofNullable(BY_OPERATOR.get(name));
    }
}
