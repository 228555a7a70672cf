package dev.woodpecker.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SourceTreeTest {

    private static final int MOST_LINES = 400;

    /** Longer files, each with the reason why no concept is missing. */
    private static final Map<String, String> LONGER_FILES = Map.of(
            "dsl-annotations/src/main/java/dev/woodpecker/dsl/Dsl.java",
            "the vocabulary that a kernel imports statically is one class, an overload a rank",
            "compiler/src/main/java/dev/woodpecker/compiler/emit/ExprPrinter.java",
            "one switch over every expression, a few lines a node",
            "runtime/src/main/java/dev/woodpecker/runtime/device/cuda/driver/JcudaDriver.java",
            "one method a call of the driver, each a few lines",
            "runtime/src/main/java/dev/woodpecker/runtime/device/emulator/EmulatedDriver.java",
            "one method a call of the driver, each a few lines",
            "compiler/src/test/java/dev/woodpecker/compiler/lower/TensorCoreTest.java",
            "one kernel through every stage, with each fault that could be made in it");

    private static final Map<Path, String> FILES = SourceTree.textFiles();

    @Test
    void nothingNamesAPathOfOneMachine() {
        assertThat(linesWith("(?<![\\w./-])/(root|work|home/\\w+|Users/\\w+)/", ""))
                .isEmpty();
    }

    /** Where artifacts come from is the user's settings. */
    @Test
    void noPomNamesARepository() {
        assertThat(linesWith("<(repository|pluginRepository|mirror|distributionManagement)>", "pom.xml"))
                .isEmpty();
    }

    @Test
    void nothingIsLeftForLater() {
        assertThat(linesWith("\\b(TO" + "DO|FIX" + "ME)\\b", "")).isEmpty();
    }

    @Test
    void aFileIsShort() {
        var tooLong = FILES.entrySet().stream()
                .filter(file -> file.getKey().toString().endsWith(".java"))
                .filter(file -> !LONGER_FILES.containsKey(file.getKey().toString()))
                .filter(file -> file.getValue().lines().count() > MOST_LINES)
                .map(file -> file.getKey() + ": " + file.getValue().lines().count() + " lines");
        assertThat(tooLong)
                .as("split files of more than %d lines, or name them in LONGER_FILES with the reason", MOST_LINES)
                .isEmpty();
    }

    @Test
    void anExceptionIsStillNeeded() {
        assertThat(LONGER_FILES.keySet())
                .allSatisfy(
                        name -> assertThat(FILES.getOrDefault(Path.of(name), "").lines())
                                .hasSizeGreaterThan(MOST_LINES));
    }

    /** Every package of main code says in a sentence what it is for, and is checked for nulls. */
    @Test
    void everyPackageIsDescribedAndNullMarked() {
        var undescribed = FILES.keySet().stream()
                .filter(file -> file.toString().matches("[^/]+/src/main/java/.*\\.java"))
                .map(Path::getParent)
                .distinct()
                .filter(folder -> !isDescribed(FILES.getOrDefault(folder.resolve("package-info.java"), "")));
        assertThat(undescribed).isEmpty();
    }

    private static boolean isDescribed(String packageInfo) {
        return packageInfo.startsWith("/**") && packageInfo.contains("@NullMarked\npackage ");
    }

    /** The lines that a pattern is found in, as {@code path:line: text}. */
    private static Stream<String> linesWith(String regex, String fileNameEnding) {
        var pattern = Pattern.compile(regex);
        return FILES.entrySet().stream()
                .filter(file -> file.getKey().toString().endsWith(fileNameEnding))
                .flatMap(file -> {
                    var lines = file.getValue().lines().toList();
                    return Stream.iterate(0, i -> i < lines.size(), i -> i + 1)
                            .filter(i -> pattern.matcher(lines.get(i)).find())
                            .map(i -> file.getKey() + ":" + (i + 1) + ": "
                                    + lines.get(i).strip());
                });
    }
}
