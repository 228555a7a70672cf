package dev.woodpecker.architecture;

import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The files of the project, by their path from its root, and where this build has put the classes. */
final class SourceTree {

    static final Path ROOT = Path.of(System.getProperty("woodpecker.root"));

    /** What git and IDEs put beside the sources. */
    private static final Set<String> FOREIGN_FOLDERS = Set.of(".git", ".idea", ".vscode", ".settings");

    private SourceTree() {}

    /** The folder of a module's main classes in the build that this test belongs to. */
    static Path mainClasses(WoodpeckerModule module) {
        try {
            var ownClasses = Path.of(SourceTree.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            var buildFolder = ROOT.resolve(WoodpeckerModule.BENCHMARKS.folder()).relativize(ownClasses.getParent());
            return ROOT.resolve(module.folder()).resolve(buildFolder).resolve("classes");
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Every text file, sorted by path. */
    static Map<Path, String> textFiles() {
        return files().stream()
                .flatMap(file -> text(file).map(text -> Map.entry(ROOT.relativize(file), text)).stream())
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue, (a, _) -> a, TreeMap::new));
    }

    private static List<Path> files() {
        var files = new ArrayList<Path>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    return isForeign(folder) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile()
                            && !file.getFileName().toString().equals(".git")) {
                        files.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /** Also the build's folder, which lies beside a pom: a package may be called target too. */
    private static boolean isForeign(Path folder) {
        return FOREIGN_FOLDERS.contains(folder.getFileName().toString())
                || (folder.endsWith("target") && Files.exists(folder.resolveSibling("pom.xml")));
    }

    /** The text of a file; none when it is binary. */
    private static Optional<String> text(Path file) {
        try {
            return Optional.of(Files.readString(file));
        } catch (CharacterCodingException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
