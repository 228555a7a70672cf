package dev.woodpecker.cli;

import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Profile;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.onnx.ConformanceCase;
import dev.woodpecker.runtime.onnx.Gaps;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a test case ended.
 *
 * @param detail why it was skipped or failed; empty otherwise
 */
record ConformanceResult(String name, Verdict verdict, String detail) {
    enum Verdict {
        /** Right, with at least one kernel in native code. */
        NATIVE,
        /** Right, by host operators, views and constants alone. */
        HOST,
        /** Wrong, or an error. */
        FAIL,
        /** Not run, because of something that is not supported. */
        SKIP
    }

    static ConformanceResult of(ConformanceCase test, Options options) {
        try (Model model = Model.load(test.model(), options);
                Session session = model.newSession()) {
            session.startProfile();
            List<String> inputs = List.copyOf(model.inputs().keySet());
            for (ConformanceCase.DataSet data : test.dataSets()) {
                Map<String, NdArray> expected = data.outputs(model.outputs());
                Map<String, NdArray> actual = session.run(data.inputs(inputs));
                for (Map.Entry<String, NdArray> output : expected.entrySet()) {
                    NdArray result = actual.get(output.getKey());
                    Difference difference = result == null
                            ? new Difference(0, 0, 0, 0, "it is missing")
                            : Difference.between(result, output.getValue(), Difference.Tolerance.ONNX);
                    if (!difference.isAccepted()) {
                        return new ConformanceResult(
                                test.name(),
                                Verdict.FAIL,
                                data.folder().getFileName() + ", output '" + output.getKey() + "': " + difference);
                    }
                }
            }
            return new ConformanceResult(test.name(), isNative(session.profile()) ? Verdict.NATIVE : Verdict.HOST, "");
        } catch (UnsupportedModelException unsupported) {
            return new ConformanceResult(test.name(), Verdict.SKIP, described(unsupported.problems()));
        } catch (RuntimeException failure) {
            return new ConformanceResult(test.name(), Verdict.FAIL, String.valueOf(failure));
        }
    }

    /** What is missing, and the reasons where it is so by choice. */
    private static String described(List<UnsupportedModelException.Problem> problems) {
        String missing = problems.stream()
                .map(problem -> problem.subject().name().toLowerCase(Locale.ROOT) + " " + problem.name())
                .distinct()
                .collect(Collectors.joining(", "));
        String reasons = problems.stream()
                .flatMap(problem -> Gaps.reason(problem.subject(), problem.name()).stream())
                .map(Gaps.Reason::text)
                .distinct()
                .collect(Collectors.joining("; "));
        return reasons.isEmpty() ? missing : missing + " (" + reasons + ")";
    }

    private static boolean isNative(Profile profile) {
        return profile.constantKernels() > 0 || profile.kernels().stream().anyMatch(Profile.Kernel::isNative);
    }

    @Override
    public String toString() {
        String word = switch (verdict) {
            case NATIVE -> "passed (native)";
            case HOST -> "passed (host)";
            case FAIL -> "FAILED";
            case SKIP -> "skipped";
        };
        String oneLine = detail.lines().collect(Collectors.joining(" | "));
        return String.format(Locale.ROOT, "%-16s %s%s", word, name, oneLine.isEmpty() ? "" : "  " + oneLine);
    }
}
