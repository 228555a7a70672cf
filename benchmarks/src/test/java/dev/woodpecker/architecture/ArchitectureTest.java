package dev.woodpecker.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.foreign.Linker;
import java.nio.file.Files;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .importPaths(Stream.of(WoodpeckerModule.values())
                    .map(SourceTree::mainClasses)
                    .toList());

    @ParameterizedTest
    @EnumSource
    void aModuleHasItsOwnPackages(WoodpeckerModule module) {
        assertThat(SourceTree.mainClasses(module)).matches(Files::isDirectory, "is built");
        var ofTheModule = new ClassFileImporter().importPath(SourceTree.mainClasses(module));
        classes().should().resideInAPackage(module.packages()).check(ofTheModule);
    }

    @ParameterizedTest
    @EnumSource
    void aModuleUsesOnlyTheModulesThatItMay(WoodpeckerModule module) {
        var forbidden = Stream.of(WoodpeckerModule.values())
                .filter(other -> !module.mayUse(other))
                .map(WoodpeckerModule::packages)
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(module.packages())
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .check(CLASSES);
    }

    @ParameterizedTest
    @EnumSource(names = {"DSL_ANNOTATIONS", "COMPILER", "KERNELS"})
    void theCoreNeedsNoOtherLibrary(WoodpeckerModule module) {
        classes()
                .that()
                .resideInAPackage(module.packages())
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "dev.woodpecker..", "org.jspecify.annotations")
                .check(CLASSES);
    }

    /** The public API is where the runtime is put together: it may use every package below it, and they its values. */
    @Test
    void packagesFormNoCycles() {
        slices().matching("dev.woodpecker.(**)")
                .should()
                .beFreeOfCycles()
                .ignoreDependency(resideInAPackage("dev.woodpecker.runtime"), alwaysTrue())
                .check(CLASSES);
    }

    @ParameterizedTest
    @EnumSource
    void internalPackagesStayInTheirModule(WoodpeckerModule module) {
        noClasses()
                .that()
                .resideOutsideOfPackage(module.packages())
                .should()
                .dependOnClassesThat()
                .resideInAPackage(module.packages() + "internal..")
                .check(CLASSES);
    }

    /** Such a name says that the class has no job of its own. */
    @Test
    void aClassIsNamedAfterItsJob() {
        for (var ending : new String[] {"Util", "Utils", "Helper", "Helpers", "Manager", "Impl"}) {
            noClasses().should().haveSimpleNameEndingWith(ending).check(CLASSES);
        }
    }

    @Test
    void onlyTheProgramsPrint() {
        noClasses()
                .that()
                .resideOutsideOfPackages(WoodpeckerModule.CLI.packages(), WoodpeckerModule.BENCHMARKS.packages())
                .should(ACCESS_STANDARD_STREAMS)
                .because("libraries log by System.Logger")
                .check(CLASSES);
    }

    /** A critical call keeps the garbage collector waiting for as long as a kernel runs. */
    @Test
    void noForeignCallIsCritical() {
        noClasses()
                .should()
                .callMethod(Linker.Option.class, "critical", boolean.class)
                .check(CLASSES);
    }
}
