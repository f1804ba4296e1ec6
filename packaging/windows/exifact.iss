; Installer for Windows (Inno Setup 6.3 or later), from the folder that `pyinstaller pyinstaller.spec` makes on Windows.
; Not tried yet: see docs/install.md. Build it with
;
;   iscc /DVersion=0.1.0 packaging\windows\exifact.iss
;
; For everybody (default, asks for an administrator) or for one user (/CURRENTUSER); silent: /VERYSILENT /SUPPRESSMSGBOXES.
; Sign with your own certificate: iscc /Sexifact="signtool sign /fd sha256 /a $f" /DSign ...

#ifndef Version
  #define Version "0.1.0"
#endif

[Setup]
AppId={{6B5C8E0B-3B1A-4C8D-9E57-6E0C7B1F4D21}
AppName=Exifact
AppVersion={#Version}
AppPublisher=The Exifact authors
DefaultDirName={autopf}\Exifact
DefaultGroupName=Exifact
DisableProgramGroupPage=yes
PrivilegesRequired=admin
PrivilegesRequiredOverridesAllowed=commandline dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
Compression=lzma2/ultra64
SolidCompression=yes
OutputDir=..\..\dist
OutputBaseFilename=exifact-{#Version}-windows-x64-setup
SetupIconFile=..\..\build\exifact.ico
UninstallDisplayIcon={app}\exifactw.exe
LicenseFile=..\..\LICENSE
ChangesAssociations=yes
ChangesEnvironment=yes
#ifdef Sign
SignTool=exifact
SignedUninstaller=yes
#endif

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked
Name: "path"; Description: "Add the command exifact to the PATH"; Flags: unchecked

[InstallDelete]
; an update leaves nothing of the version before: the self-test would report it as not shipped
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\exifact\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{group}\Exifact"; Filename: "{app}\exifactw.exe"; AppUserModelID: "org.exifact.Exifact"
Name: "{autodesktop}\Exifact"; Filename: "{app}\exifactw.exe"; Tasks: desktopicon

[Registry]
; "Open with"; the default program for photographs stays what it was
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "Exifact"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\shell\open\command"; ValueType: string; ValueData: """{app}\exifactw.exe"" open ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".jpg"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".jpeg"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".jpe"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".jfif"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".jif"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".mpo"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".thm"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".png"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".apng"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".tif"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".tiff"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".dng"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".webp"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".bmp"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".dib"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".gif"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".heic"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".heif"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".hif"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".heics"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".heifs"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".avif"
Root: HKA; Subkey: "Software\Classes\Applications\exifactw.exe\SupportedTypes"; ValueType: string; ValueName: ".avifs"
Root: HKLM; Subkey: "SYSTEM\CurrentControlSet\Control\Session Manager\Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: IsAdminInstallMode and NotOnPath

[Run]
Filename: "{app}\exifact.exe"; Parameters: "self-test"; Description: "Check this installation (a minute)"; Flags: postinstall skipifsilent unchecked
Filename: "{app}\exifactw.exe"; Description: "{cm:LaunchProgram,Exifact}"; Flags: postinstall nowait skipifsilent unchecked

[Code]
function NotOnPath(): Boolean;
var
  Folders: String;
begin
  Result := True;
  if RegQueryStringValue(HKLM, 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment', 'Path', Folders) then
    Result := Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(Folders) + ';') = 0;
end;
